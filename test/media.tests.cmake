room_test(media_g711_test media)
room_test(media_pacer_test media)
room_test(media_rtp_test media)
room_test(media_engine_test media)

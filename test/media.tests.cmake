room_test(media_engine_test media)

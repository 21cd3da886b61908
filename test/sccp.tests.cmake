room_test(sccp_golden_test sccp)
room_test(sccp_frame_test sccp)

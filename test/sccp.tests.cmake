room_test(sccp_golden_test sccp)
room_test(sccp_frame_test sccp)
room_test(sccp_tshark_test sccp PkgConfig::PCAP)
set_tests_properties(sccp_tshark_test PROPERTIES SKIP_RETURN_CODE 77)

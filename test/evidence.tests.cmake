# Evidence: live capture, reading captures, and the judgement on them.
room_test(evidence_capture_test evidence base PkgConfig::PCAP)
room_test(evidence_media_test evidence media base PkgConfig::PCAP)
target_link_libraries(evidence_media_test PRIVATE m)
room_test(evidence_packet_test evidence base PkgConfig::PCAP PkgConfig::OPENSSL)
room_test(evidence_line_test evidence tls base PkgConfig::PCAP PkgConfig::OPENSSL)
fuzz_target(fuzz_pcap evidence base PkgConfig::PCAP)
fuzz_target(fuzz_key_file evidence media base)
script_test(evidence_files evidence_files_test.sh)

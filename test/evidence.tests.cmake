# Evidence: live capture, reading captures, and the judgement on them.
room_test(evidence_capture_test evidence base PkgConfig::PCAP)

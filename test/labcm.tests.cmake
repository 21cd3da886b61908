# The lab call manager: its rules, its TFTP server, and the program itself.
room_test(labcm_tftp_test labcm_rules)
room_test(labcm_rules_test labcm_rules)
room_test(labcm_server_test labcm_edges PkgConfig::OPENSSL)
room_test(labcm_call_test labcm_rules)
room_test(labcm_load_test labcm_rules)
script_test(labcm_cli labcm_cli_test.sh)
script_test(labcm_tftp_clients labcm_tftp_clients_test.sh)
fuzz_target(fuzz_tftp labcm_rules)

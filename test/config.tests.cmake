room_test(ports_config_test ports)
fuzz_target(fuzz_config ports)
script_test(vmports_config vmports_config_test.sh)
script_test(e2e_groups e2e/groups_test.sh)

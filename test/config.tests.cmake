room_test(ports_config_test ports)
fuzz_target(fuzz_config ports)

room_test(vmports_requests_test asks)
fuzz_target(fuzz_control asks)

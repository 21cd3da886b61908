room_test(vmports_requests_test asks)
fuzz_target(fuzz_control asks)
script_test(vmports_cli vmports_cli_test.sh)
script_test(vmports_demo vmports_demo_test.sh)

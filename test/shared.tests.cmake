room_test(shared_control_test shared)
room_test(shared_options_test shared)
room_test(shared_secrets_test shared)

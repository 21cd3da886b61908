room_test(ctl_file_test ctl)
room_test(ctl_verify_test ctl)

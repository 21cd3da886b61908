room_test(ctl_file_test ctl)

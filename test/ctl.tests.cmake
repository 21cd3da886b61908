room_test(ctl_file_test ctl)
room_test(ctl_verify_test ctl)
room_test(ctl_pins_test ctl)
room_test(ctl_held_test ctl)

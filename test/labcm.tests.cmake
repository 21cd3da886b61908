# The lab call manager: its rules, its TFTP server, and the program itself.
room_test(labcm_tftp_test labcm_rules)
fuzz_target(fuzz_tftp labcm_rules)

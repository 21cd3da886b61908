room_test(vmports_doctor_test doctor)
script_test(e2e_doctor e2e/doctor_test.sh)

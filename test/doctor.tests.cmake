room_test(vmports_doctor_test doctor)
script_test(e2e_doctor e2e/doctor_test.sh)
script_test(e2e_doctor_faults e2e/doctor_faults_test.sh)

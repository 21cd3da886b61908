room_test(vmports_doctor_test doctor)
script_test(e2e_doctor e2e/doctor_test.sh)
script_test(e2e_doctor_readme e2e/doctor_readme_test.sh)
# Each fault that doctor meets is met by one of these: test/fault_list_test.sh looks.
script_test(e2e_doctor_faults_tftp e2e/doctor_faults_test.sh tftp)
script_test(e2e_doctor_faults_ctl e2e/doctor_faults_test.sh ctl)
script_test(e2e_doctor_faults_tls e2e/doctor_faults_test.sh tls)
script_test(e2e_doctor_faults_sccp e2e/doctor_faults_test.sh sccp "^sccp-[^n]")
script_test(e2e_doctor_faults_unanswered e2e/doctor_faults_test.sh sccp "^sccp-no-")

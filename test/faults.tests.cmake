# The fault menu of labcm, walked in groups that may run beside each other.
script_test(fault_list fault_list_test.sh)
script_test(e2e_faults_tftp e2e/faults_test.sh tftp "silent|short|other")
script_test(e2e_faults_tftp_stops e2e/faults_test.sh tftp stops)
script_test(e2e_faults_tftp_errors e2e/faults_test.sh tftp error)
script_test(e2e_faults_ctl e2e/faults_test.sh ctl)
script_test(e2e_faults_mwi e2e/faults_test.sh mwi)
room_test(labcm_faults_test labcm_edges PkgConfig::OPENSSL)

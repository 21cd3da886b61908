# Call managers that share nothing with us (test/other/other.h) against the real `vmports run`.
# They link none of our rooms: libc and OpenSSL alone.
add_executable(other_cm other/other_cm.c other/other_stage.c other/other_scenes.c other/other_call.c other/other_registrar.c
  other/other_link.c other/other_ctl.c other/other_srtp.c)
target_link_libraries(other_cm PRIVATE house PkgConfig::OPENSSL)
set_target_properties(other_cm PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
script_test(e2e_other_servers e2e/other_servers_test.sh)
set_tests_properties(e2e_other_servers PROPERTIES RUN_SERIAL ON)

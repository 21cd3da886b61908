# Proof from outside: the real binaries on loopback, judged by other tools.
script_test(e2e_main_job e2e/main_job_test.sh)
script_test(e2e_wire e2e/wire_test.sh)
script_test(e2e_ffmpeg e2e/ffmpeg_test.sh)
script_test(e2e_two_hosts e2e/two_hosts_test.sh)
add_executable(evil_proxy evil_proxy.c)
target_link_libraries(evil_proxy PRIVATE house base)
set_target_properties(evil_proxy PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
script_test(e2e_bad_peers e2e/bad_peers_test.sh)
script_test(e2e_slow_names e2e/slow_names_test.sh)
script_test(e2e_accept_list e2e/accept_list_test.sh)
# glibc answers getaddrinfo_a in a thread that gcc's thread sanitizer has not seen born: its malloc crashes there.
set_tests_properties(e2e_slow_names PROPERTIES LABELS no_tsan)
script_test(e2e_root e2e/root_test.sh)

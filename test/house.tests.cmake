script_test(layers layers_test.sh)
room_test(base_test base)
room_test(base_log_test base)
room_test(base_acceptor_test acceptor)

if(SANITIZE MATCHES thread)
  # That the sanitizer needs no suppression, and would have found what one would have hidden.
  add_executable(tsan_race tsan_race.c)
  target_link_libraries(tsan_race PRIVATE house base PkgConfig::UV)
  set_target_properties(tsan_race PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  add_test(NAME tsan_sees_a_descriptor_closed_by_libuv COMMAND tsan_race race)
  set_tests_properties(tsan_sees_a_descriptor_closed_by_libuv PROPERTIES
    PASS_REGULAR_EXPRESSION "data race" TIMEOUT 60)
  add_test(NAME tsan_knows_a_number_given_again COMMAND tsan_race again)
  set_tests_properties(tsan_knows_a_number_given_again PROPERTIES TIMEOUT 60)
endif()

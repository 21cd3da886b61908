# Target `bench`: the programs of test/bench/run. Their speed is nobody's test; that they complete
# and their counts add up is: label `bench`.
function(bench_program name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endfunction()

bench_program(media_bench bench/media_bench.c bench/bare.c)
target_link_libraries(media_bench PRIVATE house media)
bench_program(tls_bench bench/tls_bench.c)
target_link_libraries(tls_bench PRIVATE house tls PkgConfig::OPENSSL Threads::Threads)
bench_program(proc_meter bench/proc_meter.c)
target_link_libraries(proc_meter PRIVATE house base)
add_custom_target(bench DEPENDS vmports labcm media_bench tls_bench proc_meter)
if(NOT SANITIZE)
  script_test(bench bench/run --quick)
  set_tests_properties(bench PROPERTIES LABELS bench RUN_SERIAL ON)
endif()

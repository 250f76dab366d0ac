# Run by ctest: a project takes the tree as a subdirectory. Builds the libraries again, without optimisation and
# with precompiled headers: neither is what is tested.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
file(REMOVE_RECURSE ${WORK})
configure_consumer(-D TRIREME_SOURCE=${SOURCE} -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_FLAGS=-O0
                   -D TRIREME_PRECOMPILE=ON)

# None of what only the framework's own developers want.
run(${CMAKE_COMMAND} --build ${WORK}/build --target help)
if(output MATCHES "test_|_tests|trireme_server|bench_")
  message(FATAL_ERROR "A subdirectory brings the framework's tests or programs:\n${output}")
endif()

run(${CMAKE_COMMAND} --build ${WORK}/build --target consumer --parallel 2)
run(${WORK}/build/consumer)
expect_output("/consumer.v1.Echo/Say: Hello, package\n")

# What both ways to consume the package share.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Configures the consumer into WORK/build with what is given beside.
function(configure_consumer)
  run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CONSUMER} -B ${WORK}/build
      -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_BUILD_TYPE=${CONFIG} -D "CMAKE_CXX_FLAGS=${FLAGS}" ${ARGV})
endfunction()

function(expect_output expected)
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "The consumer said:\n${output}instead of:\n${expected}")
  endif()
endfunction()

# Run by ctest: a file of MODULE that includes HEADER must not compile with DIRS, and must with ALL_DIRS.
foreach(list IN ITEMS DIRS ALL_DIRS)
  list(REMOVE_DUPLICATES ${list})
  list(TRANSFORM ${list} PREPEND -I OUTPUT_VARIABLE ${list}_FLAGS)
endforeach()

file(MAKE_DIRECTORY ${WORK})
file(WRITE ${WORK}/upward.cpp "#include <trireme/core/error.hpp>\n#include <${HEADER}>\nint used;\n")
set(compile ${COMPILER} -std=c++20 -fsyntax-only ${WORK}/upward.cpp)

execute_process(COMMAND ${compile} ${ALL_DIRS_FLAGS} RESULT_VARIABLE result ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "<${HEADER}> does not compile even where it may be included:\n${errors}")
endif()

execute_process(COMMAND ${compile} ${DIRS_FLAGS} RESULT_VARIABLE result ERROR_VARIABLE errors)
if(result EQUAL 0)
  message(FATAL_ERROR "A file in ${MODULE} can include <${HEADER}>")
endif()
# g++ and clang++ word it so; any other error would be an accident.
if(NOT errors MATCHES "${HEADER}: No such file" AND NOT errors MATCHES "'${HEADER}' file not found")
  message(FATAL_ERROR "<${HEADER}> was found from ${MODULE}, or the compiler failed otherwise:\n${errors}")
endif()

# trireme_add_module(NAME
#   HEADERS   paths below include/trireme/            the public API, listed by hand
#   SOURCES   paths below src/
#   DEPENDS   targets that the public headers need: the only arrows allowed are those of the design
#   PRIVATE_DEPENDS targets that only the sources need)
#
# Declares the library trireme_NAME with the alias trireme::NAME. Each module is an include root of its own, so that
# an include against the arrows does not compile. Installs it into the export set.
function(trireme_add_module name)
  cmake_parse_arguments(MODULE "" "" "HEADERS;SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  set(target trireme_${name})
  list(TRANSFORM MODULE_HEADERS PREPEND include/trireme/)
  list(TRANSFORM MODULE_SOURCES PREPEND src/)

  add_library(${target} STATIC ${MODULE_SOURCES})
  add_library(trireme::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${MODULE_HEADERS})
  target_include_directories(${target} PRIVATE src)
  target_link_libraries(${target} PUBLIC ${MODULE_DEPENDS} PRIVATE ${MODULE_PRIVATE_DEPENDS})
  target_compile_features(${target} PUBLIC cxx_std_20)
  trireme_warnings(${target})
  trireme_precompile(${target})
  # Position-independent, yet nobody replaces our functions at load time: g++ may inline them all the same, as clang does.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  # Each public header compiles alone: target all_verify_interface_header_sets.
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)

  install(TARGETS ${target} EXPORT trireme-targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

# Warnings of our own code; errors with TRIREME_WARNINGS_AS_ERRORS.
function(trireme_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual)
  # The three of g++ 12 that cry wolf when it optimises: counted pointers, lists with a head on the stack, and
  # literals in front of a std::string (GCC bugs 104475 and 105329).
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local -Wno-use-after-free
                                           -Wno-dangling-pointer -Wno-restrict>)
  if(TRIREME_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# With TRIREME_PRECOMPILE, reads the standard headers that most sources include only once for the target.
function(trireme_precompile target)
  if(TRIREME_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <atomic> <chrono> <coroutine> <functional> <memory> <mutex> <optional> <span> <stdexcept>
      <string> <string_view> <system_error> <thread> <unordered_map> <utility> <variant> <vector>)
  endif()
endfunction()

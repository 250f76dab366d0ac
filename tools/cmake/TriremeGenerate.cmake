# From .proto files to C++: trireme_generate for everybody, trireme_protoc under it.
include_guard(GLOBAL)
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)

# trireme_generate(
#   TARGET      name of the static library to make
#   PROTOS      files below one of the import directories, as an `import` would name them: chat/v1/chat.proto
#   IMPORT_DIRS where PROTOS and what they import are found; the current source directory if none is given
#   DEPENDS     libraries made by trireme_generate whose .proto files are imported by these)
#
# The library holds protoc's classes and, for each service, its base classes and typed client. Include
# "chat/v1/chat.trireme.hpp", which includes "chat/v1/chat.pb.h". trireme/options/v1/options.proto and Protobuf's own
# files can be imported without naming a directory.
function(trireme_generate)
  cmake_parse_arguments(PARSE_ARGV 0 GENERATE "" "TARGET" "PROTOS;IMPORT_DIRS;DEPENDS")
  if(NOT GENERATE_TARGET OR NOT GENERATE_PROTOS OR GENERATE_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "trireme_generate(TARGET name PROTOS file... [IMPORT_DIRS dir...] [DEPENDS target...])")
  endif()
  if(NOT GENERATE_IMPORT_DIRS)
    set(GENERATE_IMPORT_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  foreach(dir IN LISTS GENERATE_IMPORT_DIRS)
    get_filename_component(dir ${dir} ABSOLUTE)
    list(APPEND import_dirs ${dir})
  endforeach()
  foreach(dependency IN ITEMS trireme::protoc-gen-trireme LISTS GENERATE_DEPENDS)
    get_target_property(dirs ${dependency} TRIREME_PROTO_DIRS)
    if(dirs)
      list(APPEND import_dirs ${dirs})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES import_dirs)

  set(out_dir ${CMAKE_CURRENT_BINARY_DIR}/${GENERATE_TARGET}.generated)
  foreach(proto IN LISTS GENERATE_PROTOS)
    trireme_protoc(outputs PROTO ${proto} IMPORT_DIRS ${import_dirs} OUT_DIR ${out_dir} SERVICES)
    list(APPEND sources ${outputs})
  endforeach()

  add_library(${GENERATE_TARGET} STATIC ${sources})
  target_compile_features(${GENERATE_TARGET} PUBLIC cxx_std_20)
  # As system headers: warnings in them are not the user's to mend.
  target_include_directories(${GENERATE_TARGET} SYSTEM PUBLIC $<BUILD_INTERFACE:${out_dir}>)
  target_link_libraries(${GENERATE_TARGET} PUBLIC trireme::proto protobuf::libprotobuf ${GENERATE_DEPENDS})
  set_target_properties(${GENERATE_TARGET} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    TRIREME_PROTO_DIRS "${import_dirs}")
endfunction()

# trireme_protoc(OUTPUTS_VARIABLE PROTO x/y.proto IMPORT_DIRS dir... OUT_DIR dir [SERVICES])
#
# Has protoc write x/y.pb.h and x/y.pb.cc below OUT_DIR, and with SERVICES x/y.trireme.hpp and x/y.trireme.cpp.
# The variable is set to their full paths. They are made again when the file or anything it imports changes.
function(trireme_protoc outputs_variable)
  cmake_parse_arguments(PARSE_ARGV 1 PROTOC "SERVICES" "PROTO;OUT_DIR" "IMPORT_DIRS")
  set(import_flags ${PROTOC_IMPORT_DIRS})
  list(TRANSFORM import_flags PREPEND --proto_path=)
  foreach(dir IN LISTS PROTOC_IMPORT_DIRS)
    if(NOT DEFINED source AND EXISTS ${dir}/${PROTOC_PROTO})
      set(source ${dir}/${PROTOC_PROTO})
    endif()
  endforeach()
  if(NOT DEFINED source)
    message(FATAL_ERROR "${PROTOC_PROTO} is in none of the import directories: ${PROTOC_IMPORT_DIRS}")
  endif()

  string(REGEX REPLACE "\\.proto$" "" stem ${PROTOC_OUT_DIR}/${PROTOC_PROTO})
  # In protoc's own order: Ninja wants the first of them to be the first that the dependency file names.
  set(outputs ${stem}.pb.cc ${stem}.pb.h)
  if(PROTOC_SERVICES)
    list(APPEND outputs ${stem}.trireme.cpp ${stem}.trireme.hpp)
    set(plugin trireme::protoc-gen-trireme)
    set(plugin_flags --plugin=protoc-gen-trireme=$<TARGET_FILE:${plugin}> --trireme_out=${PROTOC_OUT_DIR})
  endif()

  file(MAKE_DIRECTORY ${PROTOC_OUT_DIR})
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND protobuf::protoc ${import_flags} ${plugin_flags} --cpp_out=${PROTOC_OUT_DIR}
            --dependency_out=${stem}.d ${PROTOC_PROTO}
    DEPENDS ${source} ${plugin}
    DEPFILE ${stem}.d
    COMMENT "Generating C++ from ${PROTOC_PROTO}"
    VERBATIM)
  set_source_files_properties(${stem}.pb.cc PROPERTIES COMPILE_OPTIONS -w)
  set(${outputs_variable} ${outputs} PARENT_SCOPE)
endfunction()

cmake_policy(POP)

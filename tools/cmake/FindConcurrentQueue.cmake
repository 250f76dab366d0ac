# moodycamel's ConcurrentQueue, which Debian ships without a CMake file. Defines ConcurrentQueue::ConcurrentQueue;
# include it as <concurrentqueue.h>.
find_path(ConcurrentQueue_INCLUDE_DIR concurrentqueue.h
          PATH_SUFFIXES concurrentqueue/moodycamel concurrentqueue moodycamel)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ConcurrentQueue REQUIRED_VARS ConcurrentQueue_INCLUDE_DIR)
if(ConcurrentQueue_FOUND AND NOT TARGET ConcurrentQueue::ConcurrentQueue)
  add_library(ConcurrentQueue::ConcurrentQueue INTERFACE IMPORTED)
  target_include_directories(ConcurrentQueue::ConcurrentQueue SYSTEM INTERFACE ${ConcurrentQueue_INCLUDE_DIR})
endif()
mark_as_advanced(ConcurrentQueue_INCLUDE_DIR)

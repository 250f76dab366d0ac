#include <cxxabi.h>

#include <cstdlib>
#include <trireme/core/unique_function.hpp>

namespace trireme::detail {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? readable.get() : type.name();
}

}  // namespace trireme::detail

#pragma once
#include <cstdint>
#include <source_location>
#include <string>

namespace trireme::detail {

#ifdef __cpp_lib_source_location
/// Where in the source something is called: one pointer to constant data.
using call_place = std::source_location;
#else
/// The same for compilers that lack it, clang 14 among them.
class call_place {
public:
  static constexpr call_place current(const char* file = __builtin_FILE(),
                                      const char* function = __builtin_FUNCTION(),
                                      std::uint_least32_t line = __builtin_LINE()) noexcept {
    call_place here;
    here.file_ = file;
    here.function_ = function;
    here.line_ = line;
    return here;
  }
  constexpr const char* file_name() const noexcept { return file_; }
  constexpr const char* function_name() const noexcept { return function_; }
  constexpr std::uint_least32_t line() const noexcept { return line_; }

private:
  const char* file_ = "";
  const char* function_ = "";
  std::uint_least32_t line_ = 0;
};
#endif

/// The function, without parameters and template arguments. g++ calls a coroutine
/// "void serve(serve(trireme::loop&)::_Z5serveRN7trireme4loopE.Frame*)", clang "serve"; both come as "serve".
std::string function_of(const call_place& place);
/// "server.cpp:41"
std::string line_of(const call_place& place);

}  // namespace trireme::detail

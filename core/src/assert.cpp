#include <cstdio>
#include <cstdlib>
#include <trireme/core/assert.hpp>

namespace trireme::detail {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "trireme: %s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace trireme::detail

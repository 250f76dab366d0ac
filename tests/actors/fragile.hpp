#pragma once
#include <stdexcept>

namespace trireme::actors::testing {

/// A message that cannot be moved once it is told so.
struct fragile {
  explicit fragile(int given) : number(given) {}
  fragile(fragile&& other) : number(other.number) {
    if (number == breaks) throw std::runtime_error("broken");
  }
  int number;
  static inline int breaks = 0;
};

}  // namespace trireme::actors::testing

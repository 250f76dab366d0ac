#include <ostream>
#include <trireme/core/testing/order.hpp>

namespace trireme::testing {

std::ostream& operator<<(std::ostream& out, const order& printed) {
  const char* separator = "";
  for (const std::string& event : printed.events_) {
    out << separator << event;
    separator = ", ";
  }
  return out;
}

}  // namespace trireme::testing

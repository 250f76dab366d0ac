#include <iostream>
#include <trireme/core/loop.hpp>

int main() {
  trireme::loop loop;
  loop.on_phase([](trireme::phase begun) { std::cout << to_string(begun) << " "; });
  loop.set_immediate([&] {
    std::cout << "[immediate] ";
    loop.defer_close([] { std::cout << "[close] "; });
    loop.set_timeout(std::chrono::milliseconds(0), [] { std::cout << "[timeout] "; });
  });
  loop.run();
  std::cout << "\n";
}

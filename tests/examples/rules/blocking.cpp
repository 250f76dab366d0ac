#include <iostream>
#include <trireme/core/fs.hpp>

int main() {
  trireme::loop loop;
  trireme::fs::read_file(loop, "/proc/self/comm", [](const trireme::error& failure, const std::string& name) {
    if (failure) {
      std::cout << failure.message() << "\n";
    } else {
      std::cout << "File ready: " << name;
    }
  });
  std::cout << "Request queued, continuing...\n";
  loop.run();
}

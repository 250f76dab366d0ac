#include <algorithm>
#include <iostream>
#include <trireme/core/loop.hpp>

using namespace std::chrono_literals;

int main() {
  trireme::loop loop;
  trireme::duration lag{};
  auto due = loop.now() + 10ms;
  auto probe = loop.set_interval(10ms, [&] {
    lag = std::max(lag, loop.now() - due);
    due = loop.now() + 10ms;
  });
  loop.set_timeout(15ms, [&] {
    const auto end = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < end) continue;  // what no callback should do
  });
  loop.set_timeout(100ms, [&] { probe.clear(); });
  loop.run();
  std::cout << (lag >= 50ms ? "a callback held up the loop\n" : "no callback held up the loop\n");
}

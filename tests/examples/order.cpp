#include <iostream>
#include <trireme/core/loop.hpp>

int main() {
  trireme::loop loop;
  const auto say = [](const char* what) { return [what] { std::cout << what << " → "; }; };
  loop.set_immediate([&] {
    loop.queue_microtask(say("its microtask"));
    loop.next_tick(say("its tick"));
    std::cout << "immediate → ";
  });
  loop.set_immediate(say("next immediate"));
  loop.set_timeout(std::chrono::milliseconds(0), say("timer"));
  loop.queue_microtask(say("microtask"));
  loop.next_tick(say("tick"));
  std::cout << "main → ";
  loop.run();
  std::cout << "end\n";
}

#include <iostream>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>

trireme::task<void> await_twice(trireme::loop& loop) {
  co_await trireme::promise<void>::resolved(loop);
  std::cout << "awaited ";
  co_await trireme::promise<void>::resolved(loop);
  std::cout << "awaited again ";
}

int main() {
  trireme::loop loop;
  loop.set_immediate([] { std::cout << "immediate\n"; });
  const auto running = await_twice(loop);
  trireme::promise<void>::resolved(loop).then([] { std::cout << "then "; }).detach();
  loop.next_tick([] { std::cout << "tick "; });
  loop.run();
}

#include <iostream>
#include <trireme/core/all.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/test_loop.hpp>

using namespace std::chrono_literals;

trireme::task<void> compare(trireme::loop& loop) {
  const auto begin = loop.now();
  for (int query = 0; query < 10; ++query) co_await trireme::sleep_for(loop, 100ms);
  std::cout << "one after the other: " << (loop.now() - begin) / 1ms << " ms\n";

  const auto again = loop.now();
  std::vector<trireme::promise<void>> queries;
  for (int query = 0; query < 10; ++query) queries.push_back(trireme::sleep_for(loop, 100ms).as_promise());
  co_await trireme::all(loop, std::move(queries));
  std::cout << "all at once: " << (loop.now() - again) / 1ms << " ms\n";
}

int main() {
  trireme::testing::test_loop loop;  // under virtual time: exact, and over at once
  const auto running = compare(loop);
  loop.run();
}

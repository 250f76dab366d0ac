#pragma once
#include <benchmark/benchmark.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// What the contestants of the loop's benchmark share: rows that are named, counted and checked alike.
namespace bench {

inline bool quick = false;                             // a hundredth of the work: does it still run?
inline const std::size_t* allocations_made = nullptr;  // set where the program counts them

/// Stops the program: who does not do the work is not measured.
inline void expect(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "not done: %s\n", what);
  std::exit(1);
}

class stopwatch {
public:
  double seconds() const { return std::chrono::duration<double>(clock::now() - begin_).count(); }

private:
  using clock = std::chrono::steady_clock;
  clock::time_point begin_ = clock::now();
};

/// Passes time without sleeping.
inline void spin_for(double seconds) {
  for (const stopwatch passed; passed.seconds() < seconds;) benchmark::ClobberMemory();
}

/// Visits 0 to `count` - 1 once each, in an order that no cache guesses. `count` is no multiple of the
/// stride.
template <class Visit>
void scattered(std::size_t count, Visit visit) {
  constexpr std::size_t stride = 1'000'003;
  for (std::size_t each = 0; each < count; ++each) visit(each * stride % count);
}

/// The delays of the rows with random ones, in milliseconds: a minute at least, 10,000 different ones.
inline unsigned random_delay(std::size_t number) {
  return 60'000 + unsigned(number * 2'654'435'761u >> 7) % 10'000;
}

template <class Work>
void measure(benchmark::State& state, std::size_t count) {
  const auto work = std::make_unique<Work>();
  for (int warm = 0; warm < 2; ++warm) (*work)(count);
  const std::size_t before = allocations_made ? *allocations_made : 0;
  for (auto _ : state) state.SetIterationTime((*work)(count));
  const std::size_t after = allocations_made ? *allocations_made : 0;
  const auto operations = static_cast<double>(state.iterations()) * static_cast<double>(count);
  state.SetItemsProcessed(static_cast<std::int64_t>(operations));
  if (allocations_made) state.counters["allocations"] = static_cast<double>(after - before) / operations;
}

/// Registers a row. A `Work` is made, and called with `count` over and over: each call does as many
/// operations and returns the seconds they took.
template <class Work>
void row(const char* name, std::size_t count) {
  const auto run = [count](benchmark::State& state) { measure<Work>(state, quick ? count / 100 : count); };
  benchmark::RegisterBenchmark(name, run)->UseManualTime();
}

/// The CPUs that the program was given at its start.
inline const std::vector<int>& cpus() {
  static const std::vector<int> given = [] {
    cpu_set_t set;
    std::vector<int> found;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) found.push_back(cpu);
      }
    }
    return found;
  }();
  return given;
}

/// Puts this thread on the `number`-th of them, as far as there are so many.
inline void pin(std::size_t number) {
  if (cpus().size() < 2) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpus()[number % cpus().size()], &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/// Threads on the second CPU that call `post` `count` times between them, once all have started.
class producers {
public:
  template <class Post>
  producers(std::size_t threads, std::size_t count, Post post) {
    for (std::size_t each = 0; each < threads; ++each) {
      threads_.emplace_back([this, post, share = count / threads]() mutable {
        pin(1);
        ++ready_;
        while (!go_.load(std::memory_order_acquire)) std::this_thread::yield();
        for (std::size_t left = share; left > 0; --left) post();
      });
    }
    while (ready_.load() < threads) std::this_thread::yield();
    go_.store(true, std::memory_order_release);
  }
  ~producers() {
    for (std::thread& each : threads_) each.join();
  }
  producers(const producers&) = delete;
  producers& operator=(const producers&) = delete;

private:
  std::atomic<std::size_t> ready_{0};
  std::atomic<bool> go_{false};
  std::vector<std::thread> threads_;
};

/// Takes --quick and Google Benchmark's own options.
inline int run(int argc, char** argv) {
  pin(0);
  for (int each = 1; each < argc; ++each) {
    if (std::strcmp(argv[each], "--quick") != 0) continue;
    quick = true;
    std::rotate(argv + each, argv + each + 1, argv + argc);
    --argc;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace bench

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

/// What the contestants of the benchmarks share: rows that are named, counted and checked alike.
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

/// The value below which `part` of them lie.
inline double quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// How long each operation took, for rows where one follows the other. A `Work` that has a member `laps` is
/// reported with their quantiles.
class lap_times {
public:
  void start() { last_ = clock::now(); }
  void lap() {
    const clock::time_point now = clock::now();
    nanoseconds_.push_back(std::chrono::duration<double, std::nano>(now - last_).count());
    last_ = now;
  }
  void forget() { nanoseconds_.clear(); }
  double at(double part) { return quantile(nanoseconds_, part); }

private:
  using clock = std::chrono::steady_clock;
  clock::time_point last_ = clock::now();
  std::vector<double> nanoseconds_;
};

template <class Work>
void measure(benchmark::State& state, std::size_t count) {
  const auto work = std::make_unique<Work>();
  for (int warm = 0; warm < 2; ++warm) (*work)(count);
  if constexpr (requires { work->laps; }) work->laps.forget();
  std::vector<double> rounds;  // operations a second
  rounds.reserve(state.max_iterations);
  const std::size_t before = allocations_made ? *allocations_made : 0;
  for (auto _ : state) {
    const double seconds = (*work)(count);
    state.SetIterationTime(seconds);
    rounds.push_back(static_cast<double>(count) / seconds);
  }
  const std::size_t after = allocations_made ? *allocations_made : 0;
  const auto operations = static_cast<double>(state.iterations()) * static_cast<double>(count);
  state.SetItemsProcessed(static_cast<std::int64_t>(operations));
  state.counters["median_round"] = quantile(rounds, 0.5);
  state.counters["worst_round"] = quantile(rounds, 0);
  if (allocations_made) state.counters["allocations"] = static_cast<double>(after - before) / operations;
  if constexpr (requires { work->laps; }) {
    state.counters["p50_ns"] = work->laps.at(0.5);
    state.counters["p99_ns"] = work->laps.at(0.99);
  }
  if constexpr (requires { work->bytes; }) state.counters["bytes"] = work->bytes;
}

/// Registers a row. A `Work` is made, and called with `count` over and over: each call does as many
/// operations and returns the seconds they took. `rounds`: how often, where that is not left to the time.
template <class Work>
void row(const char* name, std::size_t count, std::size_t rounds = 0) {
  const auto run = [count](benchmark::State& state) {
    measure<Work>(state, quick ? std::max<std::size_t>(count / 100, 1) : count);
  };
  auto* const made = benchmark::RegisterBenchmark(name, run)->UseManualTime();
  if (rounds > 0) made->Iterations(static_cast<benchmark::IterationCount>(rounds));
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

/// Lets this thread, and those that it starts from now on, run on any of them.
inline void unpin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus()) CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/// Between two looks of a thread that does not sleep: where there is one CPU, the other thread needs it.
inline void look_again() {
  if (cpus().size() < 2) std::this_thread::yield();
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

// The promise that counts: the loop answers at once while every worker counts primes. Pings are sent a
// millisecond apart, to an idle server and to a busy one in turns; Node with Piscina is asked the same in the
// same run.
#include <sched.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "http_client.hpp"
#include "server_process.hpp"

namespace {

using namespace responsiveness;
using clock_type = std::chrono::steady_clock;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr auto apart = std::chrono::milliseconds(1);
constexpr double busy_over_idle = 1.5;
constexpr milliseconds freed_budget{50};
constexpr milliseconds quick_budget{10};
constexpr std::string_view ping = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view pong = "\r\n\r\nok\n";

struct settings {
  std::string server;
  std::string peer;
  std::string node = "node";
  std::size_t pings = 10'000;
  std::size_t turn = 500;
  std::size_t workers = 0;
  std::uint64_t limit = 1'000'000'000'000;
  bool real_time = false;
  bool quick = false;
};

std::string count_request(std::uint64_t limit) {
  const std::string body = "{\"limit\":\"" + std::to_string(limit) + "\"}";
  return "POST /trireme.primes.v1.Primes/Count HTTP/1.1\r\nHost: localhost\r\n"
         "Content-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

milliseconds time_of(http_client& on, std::string_view request, std::string_view expected,
                     clock_type::time_point begun = clock_type::now()) {
  on.send(request);
  on.receive(expected);
  return clock_type::now() - begun;
}

/// What turns of one kind have shown.
struct measured {
  std::vector<milliseconds> times;
  double cpu_seconds = 0;
  double seconds = 0;

  void sort() { std::sort(times.begin(), times.end()); }
  milliseconds at(double part) const {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  }
  double cpus() const { return cpu_seconds / seconds; }
};

/// Sends pings that are due a millisecond apart. One that is late because the answer before it was late
/// counts from when it was due; one that is late because this program woke late does not.
void send_pings(std::uint16_t port, std::size_t count, std::vector<milliseconds>& times) {
  http_client on(port);
  time_of(on, ping, pong);
  auto due = clock_type::now();
  for (std::size_t each = 0; each < count; ++each) {
    due += apart;
    const bool in_time = clock_type::now() < due;
    // lint:allow(texts) the pings' pace is real time
    if (in_time) std::this_thread::sleep_until(due);
    times.push_back(time_of(on, ping, pong, in_time ? clock_type::now() : due));
  }
}

void measure_turn(const server_process& server, std::size_t count, measured& into) {
  const double cpu_before = server.cpu_seconds();
  const auto begun = clock_type::now();
  send_pings(server.port(), count, into.times);
  into.seconds += std::chrono::duration<double>(clock_type::now() - begun).count();
  into.cpu_seconds += server.cpu_seconds() - cpu_before;
}

/// A server with its figures.
class contestant {
public:
  contestant(std::string name, std::vector<std::string> command)
      : name_(std::move(name)), server_(std::move(command)) {}

  void take_turns(const settings& chosen, std::size_t pings) {
    measure_turn(server_, pings, idle);
    {
      const auto counts = keep_busy(chosen);
      measure_turn(server_, pings, busy);
      for (const auto& each : counts) {
        if (each->answered())
          throw std::runtime_error("a count ended before the pings: give a larger --limit");
      }
    }  // closes the connections, which cancels the counts
    http_client next(server_.port());
    freed = std::max(freed, time_of(next, count_request(10), "{\"count\":\"4\"}"));
  }

  void print() {
    idle.sort();
    busy.sort();
    std::printf("| %s | %.3f | %.3f | %.2f | %.3f | %.3f | %.3f | %.2f | ×%.2f | %.1f |\n", name_.c_str(),
                idle.at(0.5).count(), idle.at(0.99).count(), idle.cpus(), busy.at(0.5).count(),
                busy.at(0.99).count(), busy.at(1).count(), busy.cpus(), busy.at(0.99) / idle.at(0.99),
                freed.count());
  }

  measured idle;
  measured busy;
  milliseconds freed{0};  // the worst time until a worker whose count was cancelled had done another

private:
  /// A count on every worker, under way.
  std::vector<std::unique_ptr<http_client>> keep_busy(const settings& chosen) const {
    std::vector<std::unique_ptr<http_client>> counts;
    for (std::size_t each = 0; each < chosen.workers; ++each) {
      counts.push_back(std::make_unique<http_client>(server_.port()));
      counts.back()->send(count_request(chosen.limit));
    }
    // lint:allow(texts) nothing tells that a count has begun
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return counts;
  }

  std::string name_;
  server_process server_;
};

/// A folder that goes with its object.
class scratch_folder {
public:
  scratch_folder() : path_((std::filesystem::temp_directory_path() / "trireme-bench-XXXXXX").string()) {
    if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

bool judge(const char* what, double value, double most, const char* unit) {
  const bool passed = value <= most;
  std::printf("%s %s: %.3f %s, at most %.3f\n", passed ? "PASS" : "FAIL", what, value, unit, most);
  return passed;
}

bool judge_all(const settings& chosen, const contestant& ours, const contestant* peer) {
  bool passed = judge("a worker free after a cancel", ours.freed.count(), freed_budget.count(), "ms");
  if (chosen.quick) {  // too few for the promise, enough to see a loop that waits for its workers
    return judge("p50 busy", ours.busy.at(0.5).count(), quick_budget.count(), "ms") && passed;
  }
  const double ratio = ours.busy.at(0.99) / ours.idle.at(0.99);
  passed = judge("p99 busy against idle", ratio, busy_over_idle, "times") && passed;
  if (!peer) return passed;
  return judge("p99 busy against Node's", ours.busy.at(0.99) / peer->busy.at(0.99), 1, "times") && passed;
}

/// After the servers have started: they do not inherit it.
void go_first() {
  sched_param priority{};
  priority.sched_priority = 1;
  if (::sched_setscheduler(0, SCHED_RR, &priority) != 0) throw std::runtime_error("--real-time needs root");
}

bool run(const settings& chosen) {
  const scratch_folder data;
  const std::string workers = std::to_string(chosen.workers);
  contestant ours("Trireme", {chosen.server, "--port", "0", "--workers", workers, "--data", data.path()});
  std::unique_ptr<contestant> peer;
  if (!chosen.peer.empty()) {
    peer = std::make_unique<contestant>("Node and Piscina",
                                        std::vector<std::string>{chosen.node, chosen.peer, workers});
  }
  if (chosen.real_time) go_first();
  for (std::size_t done = 0; done < chosen.pings; done += chosen.turn) {
    const std::size_t pings = std::min(chosen.turn, chosen.pings - done);
    ours.take_turns(chosen, pings);
    if (peer) peer->take_turns(chosen, pings);
  }
  std::printf(
      "%zu pings idle and as many busy, 1 ms apart, in turns of %zu; %zu workers count primes; times in "
      "ms\n\n",
      chosen.pings, chosen.turn, chosen.workers);
  std::printf(
      "| server | idle p50 | p99 | CPUs | busy p50 | p99 | max | CPUs | p99 busy/idle | freed after |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  ours.print();
  if (peer) peer->print();
  std::printf("\n");
  return judge_all(chosen, ours, peer.get());
}

void define_flags(CLI::App& app, settings& chosen) {
  app.add_option("--server", chosen.server, "The program trireme_server")->required();
  app.add_option("--peer", chosen.peer,
                 "Node's program, tests/bench/actors/primes_server.mjs; else only ours");
  app.add_option("--node", chosen.node, "What runs it")->capture_default_str();
  app.add_option("--pings", chosen.pings, "How many idle, and how many busy")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--turn", chosen.turn, "How many at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--workers", chosen.workers,
                 "Threads that count; 0: one fewer than there are CPUs, at least 1")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--limit", chosen.limit, "Up to where primes are counted")->capture_default_str();
  app.add_flag("--real-time", chosen.real_time,
               "As root: the pings' own thread is never kept waiting for a CPU");
  app.add_flag("--quick", chosen.quick, "100 pings, which prove nothing: whether it runs");
}

}  // namespace

int main(int argc, char** argv) {
  settings chosen;
  CLI::App app(
      "How soon trireme_server answers HTTP pings while all its workers count primes, against itself when "
      "idle and\n"
      "against Node with Piscina. Exit code 1: p99 busy is more than 1.5 times p99 idle, or more than "
      "Node's, or a\n"
      "cancelled count holds its worker for more than 50 ms. 2: something did not work.");
  define_flags(app, chosen);
  CLI11_PARSE(app, argc, argv);
  if (chosen.workers == 0) chosen.workers = std::max(2u, std::thread::hardware_concurrency()) - 1;
  if (chosen.quick) {
    chosen.pings = 100;
    chosen.turn = 50;
  }
  try {
    return run(chosen) ? 0 : 1;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "responsiveness: %s\n", failure.what());
    return 2;
  }
}

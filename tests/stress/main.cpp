// Sends messages through every way there is between threads: README.md of tests says how to run it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>

#include "tally.hpp"

namespace {

constexpr std::uint64_t most = 1'000'000'000'000;
constexpr char what[] =
    "Sends messages between threads, a quarter each through actors, a worker, ports and a pool. Each "
    "carries\n"
    "its sender and its number; who receives it checks that none is lost, none comes twice, and all of one\n"
    "sender come in order. Ends with 1 at the first that does not.";

struct way {
  const char* name;
  std::uint64_t (*send)(std::uint64_t messages);
};
constexpr way ways[] = {{"actors", stress::through_actors},
                        {"worker", stress::through_worker},
                        {"ports", stress::through_ports},
                        {"pool", stress::through_pool}};

std::uint64_t run(const way& which, std::uint64_t messages) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t sent = which.send(messages);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%-7s %10llu messages %7.2f s %6.2f million/s\n", which.name,
              static_cast<unsigned long long>(sent), seconds, static_cast<double>(sent) / seconds / 1e6);
  std::fflush(stdout);
  return sent;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t messages = 1'000'000;
  CLI::App options(what, "stress");
  options.add_option("--messages", messages, "How many")
      ->check(CLI::Range(std::uint64_t{1}, most))
      ->capture_default_str();
  CLI11_PARSE(options, argc, argv);
  try {
    std::uint64_t sent = 0;
    for (const way& each : ways) sent += run(each, messages / std::size(ways) + 1);
    std::printf("%llu messages: none lost, none twice, all of one sender in order\n",
                static_cast<unsigned long long>(sent));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "stress: %s\n", failure.what());
    return 1;
  }
}

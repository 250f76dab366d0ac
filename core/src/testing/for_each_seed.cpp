#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <trireme/core/testing/for_each_seed.hpp>

namespace trireme::testing {

namespace {

/// What is printed where a seed fails, made beforehand: a program that aborts can no longer.
char words[96];
std::atomic<std::size_t> length{0};

void print() noexcept {
  for (std::size_t at = 0; at < length.load();) {
    const ssize_t written = ::write(STDERR_FILENO, words + at, length.load() - at);
    if (written <= 0) return;
    at += static_cast<std::size_t>(written);
  }
}

extern "C" void print_when_it_aborts(int) { print(); }

/// Names the seed while its test runs, where that ends by `abort` or an exception.
class named_seed {
public:
  explicit named_seed(std::uint64_t seed) : before_(std::signal(SIGABRT, print_when_it_aborts)) {
    std::snprintf(words, sizeof words, "failed with seed %llu; TRIREME_SEED=%llu repeats it alone\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    length.store(std::strlen(words));
  }
  named_seed(const named_seed&) = delete;
  named_seed& operator=(const named_seed&) = delete;
  ~named_seed() {
    if (std::uncaught_exceptions() > exceptions_) print();
    std::signal(SIGABRT, before_);
  }

private:
  void (*before_)(int);
  const int exceptions_ = std::uncaught_exceptions();
};

std::optional<std::uint64_t> wanted() {
  const char* const given = std::getenv("TRIREME_SEED");
  if (!given) return std::nullopt;
  const char* const end = given + std::strlen(given);
  std::uint64_t seed = 0;
  const auto [read, problem] = std::from_chars(given, end, seed);
  if (problem == std::errc() && read == end) return seed;
  throw std::invalid_argument(std::string("TRIREME_SEED is no number: ") + given);
}

/// Whether it passed.
bool run(std::uint64_t seed, const std::function<void(std::uint64_t)>& test,
         const std::function<bool()>& failed) {
  const named_seed name(seed);
  test(seed);
  if (!failed()) return true;
  print();
  return false;
}

}  // namespace

void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t)>& test,
                   const std::function<bool()>& failed) {
  if (const auto only = wanted()) return static_cast<void>(run(*only, test, failed));
  for (std::uint64_t seed = 1; seed <= count && run(seed, test, failed); ++seed) {
  }
}

}  // namespace trireme::testing

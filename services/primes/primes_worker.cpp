#include "primes/primes_worker.hpp"

#include <algorithm>
#include <chrono>
#include <primesieve.hpp>

namespace trireme::services::primes {

namespace {

using trireme::primes::v1::CountProgress;
using trireme::primes::v1::CountReply;
using trireme::primes::v1::CountRequest;

// Some 5 to 15 ms of sieving: a stop is seen after one of them.
constexpr std::uint64_t segment = 25'000'000;
constexpr auto between_reports = std::chrono::milliseconds(50);

proto::status check(const CountRequest& request) {
  if (request.limit() <= primes_worker::max_limit) return {};
  return {proto::code::invalid_argument,
          "limit: must be at most " + std::to_string(primes_worker::max_limit)};
}

/// By itself primesieve would take every core for each count, the loop's too.
void sieve_on_this_thread_alone() {
  static const bool told = (primesieve::set_num_threads(1), true);  // it is one setting for the process
  (void)told;
}

/// Calls `report(done, count)` after each segment; false from it, or a stop, ends the count early.
template <class Report>
proto::status count_in_segments(std::uint64_t limit, const std::stop_token& stop, Report&& report) {
  sieve_on_this_thread_alone();
  std::uint64_t count = 0;
  for (std::uint64_t begin = 0; begin <= limit; begin += segment) {
    if (stop.stop_requested()) return {proto::code::canceled, "the count was stopped"};
    const std::uint64_t end = std::min(limit, begin + segment - 1);
    count += primesieve::count_primes(begin, end);
    if (!report(end, count)) return {proto::code::canceled, "the count was stopped"};
  }
  return {};
}

}  // namespace

proto::status primes_worker::Count(const CountRequest& request, CountReply& reply, std::stop_token stop) {
  if (proto::status wrong = check(request); !wrong) return wrong;
  return count_in_segments(request.limit(), stop, [&reply](std::uint64_t, std::uint64_t count) {
    reply.set_count(count);
    return true;
  });
}

proto::status primes_worker::Watch(const CountRequest& request, proto::writer<CountProgress>& out,
                                   std::stop_token stop) {
  if (proto::status wrong = check(request); !wrong) return wrong;
  auto next_report = std::chrono::steady_clock::now();
  return count_in_segments(request.limit(), stop, [&](std::uint64_t done, std::uint64_t count) {
    const auto now = std::chrono::steady_clock::now();
    const bool complete = done == request.limit();
    if (!complete && now < next_report) return true;
    next_report = now + between_reports;
    CountProgress progress;
    progress.set_done(done);
    progress.set_limit(request.limit());
    progress.set_count(count);
    progress.set_complete(complete);
    return out.write(std::move(progress));
  });
}

}  // namespace trireme::services::primes

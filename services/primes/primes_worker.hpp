#pragma once
#include <stop_token>
#include <trireme/primes/v1/primes.trireme.hpp>

namespace trireme::services::primes {

/// Counts primes in segments, so that progress and cancel are prompt. primesieve does the sieving.
///
/// Thread: one instance for each worker; each sieves on its own thread alone.
class primes_worker final : public trireme::primes::v1::Primes::worker {
public:
  /// The largest `limit` that is served; beyond it the answer is invalid_argument.
  static constexpr std::uint64_t max_limit = 1'000'000'000'000;

  proto::status Count(const trireme::primes::v1::CountRequest& request,
                      trireme::primes::v1::CountReply& reply, std::stop_token stop) override;
  proto::status Watch(const trireme::primes::v1::CountRequest& request,
                      proto::writer<trireme::primes::v1::CountProgress>& out, std::stop_token stop) override;
};

}  // namespace trireme::services::primes

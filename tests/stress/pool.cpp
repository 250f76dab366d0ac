#include <deque>
#include <trireme/actors/pool.hpp>

#include "tally.hpp"

// A job and an answer are a message each. Every other job has a key: jobs of one key are done in order. An
// answer must come once, with its job's number.

namespace stress {

namespace {

using namespace trireme::actors;

constexpr std::uint64_t outstanding = 1'000;
constexpr std::uint32_t keys = 8;

class jobs {
public:
  jobs(pool& workers, tally& whole, std::uint64_t count)
      : workers_(workers), whole_(whole), answered_(count), each_(count / (2 * keys)) {
    for (std::uint32_t key = 0; key < keys; ++key) done_.emplace_back(whole, 1, each_);
    for (std::uint64_t first = 0; first < outstanding; ++first) submit();
  }

private:
  void submit() {
    if (next_ == answered_.size()) return;
    const std::uint64_t number = next_++;
    number % 2 == 0 ? submit_keyed(number, static_cast<std::uint32_t>(number / 2 % keys))
                    : submit_free(number);
  }
  void submit_keyed(std::uint64_t number, std::uint32_t key) {
    workers_.with(job_options().key(key))
        .run_then([this](const trireme::error& failure, std::uint64_t which) { answered(failure, which); },
                  [order = &done_[key]](std::uint64_t which) {
                    order->hear({0, which / (2 * keys)});
                    return which;
                  },
                  number);
  }
  void submit_free(std::uint64_t number) {
    workers_.run_then(
        [this](const trireme::error& failure, std::uint64_t which) { answered(failure, which); },
        [whole = &whole_](std::uint64_t which) {
          whole->add(1);
          return which;
        },
        number);
  }
  void answered(const trireme::error& failure, std::uint64_t which) {
    if (failure) fail("pool: a job failed: " + failure.message());
    if (which >= next_) fail("pool: an answer to what nobody asked: " + std::to_string(which));
    if (answered_[which]) fail("pool: answered twice: " + std::to_string(which));
    answered_[which] = true;
    whole_.add(1);
    submit();
  }

  pool& workers_;
  tally& whole_;
  std::vector<bool> answered_;
  const std::uint64_t each_;  // jobs of a key
  std::deque<ledger> done_;
  std::uint64_t next_ = 0;
};

}  // namespace

std::uint64_t through_pool(std::uint64_t messages) {
  const std::uint64_t count = (messages / 2 / (2 * keys) + 1) * 2 * keys;
  trireme::loop owner;
  tally whole("pool", 2 * count);
  pool_options options;
  options.workers = 2;
  pool workers(owner, options);
  jobs all(workers, whole, count);
  whole.watch(owner);
  owner.run();
  return 2 * count;
}

}  // namespace stress

// A limit: two threads and one slot, without a queue. Asleep: each waits by a futex; polling: by looking.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rows.hpp"

namespace {

/// A word that one thread waits for and another changes.
template <bool Polls>
class signal_word {
public:
  void set(std::uint32_t value) {
    word_.store(value, std::memory_order_release);
    if (!Polls) syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  std::uint32_t wait_while(std::uint32_t old) {
    std::uint32_t now;
    while ((now = word_.load(std::memory_order_acquire)) == old) {
      if (Polls) {
        bench::look_again();
      } else {
        syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
      }
    }
    return now;
  }

private:
  alignas(64) std::atomic<std::uint32_t> word_{0};
};

struct source {
  virtual ~source() = default;
  virtual void take() = 0;
};

class home {
public:
  home() { bench::pin(0); }
  void run() {
    for (stopped_ = false; !stopped_;) only->take();
  }
  void stop() { stopped_ = true; }
  source* only = nullptr;

private:
  bool stopped_ = false;
};

template <bool Polls>
struct thread {
  template <class T, class Done>
  class far final : source {
  public:
    far(home& owner, Done done) : done_(done) {
      owner.only = this;
      thread_ = std::thread([this] { work(); });
    }
    ~far() override {
      there_.set(ended);
      thread_.join();
    }
    void send(T value) {
      value_ = std::move(value);
      there_.set(++turn_);
    }

  private:
    static constexpr std::uint32_t ended = ~0u;
    void take() override {
      back_.wait_while(turn_ - 1);
      done_(std::move(value_));
    }
    void work() {
      bench::pin(1);
      for (std::uint32_t seen = 0; (seen = there_.wait_while(seen)) != ended;) {
        value_ = bench::work(std::move(value_));
        back_.set(seen);
      }
    }

    Done done_;
    T value_{};
    std::uint32_t turn_ = 0;
    signal_word<Polls> there_;
    signal_word<Polls> back_;
    std::thread thread_;
  };
};

/// One load of a flag that nobody sets.
struct loads {
  double operator()(std::size_t count) {
    const bench::stopwatch watch;
    for (std::size_t each = 0; each < count && !flag.load(std::memory_order_acquire); ++each) {
      benchmark::ClobberMemory();
    }
    return watch.seconds();
  }
  std::atomic<bool> flag{false};
};

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  row<round_trips<home, thread<false>::far>>("round trip/job, asleep", 10'000);
  row<round_trips<home, thread<false>::far>>("round trip/message, asleep", 10'000);
  row<round_trips<home, thread<true>::far>>("round trip/job, polling", 100'000);
  row<round_trips<home, thread<true>::far>>("round trip/message, polling", 100'000);
  row<round_trips<home, thread<false>::far, std::string>>("1 MiB/handed to a job", 1'000);
  row<round_trips<home, thread<false>::far, std::string>>("1 MiB/handed to a worker", 1'000);
  row<loads>("stop/check in a job", 1'000'000);
  return run(argc, argv);
}

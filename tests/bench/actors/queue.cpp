// A limit: moodycamel's queue on either way and nothing around it. Values go in bulk, there are no job
// objects, and an eventfd is written only while its reader sleeps. Polling: nobody sleeps.
#include <concurrentqueue.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <iterator>

#include "rows.hpp"

namespace {

using bench::expect;

constexpr std::size_t at_a_time = 256;

class doorbell {
public:
  doorbell() = default;
  doorbell(const doorbell&) = delete;
  doorbell& operator=(const doorbell&) = delete;
  ~doorbell() { close(descriptor); }
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!asleep_.load(std::memory_order_relaxed) || !asleep_.exchange(false)) return;
    const std::uint64_t one = 1;
    expect(write(descriptor, &one, sizeof one) == sizeof one, "a wake-up");
  }
  /// Calls `wait` where `quiet()` still holds once others know that this thread sleeps.
  template <class Quiet, class Wait>
  void sleep(Quiet quiet, Wait wait) {
    asleep_.store(true);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (quiet()) wait();
    asleep_.store(false);
  }
  const int descriptor = eventfd(0, EFD_CLOEXEC);

private:
  std::atomic<bool> asleep_{false};
};

/// One producer, one consumer.
template <class T>
class lane {
public:
  void put(std::vector<T>& values) {
    queue_.enqueue_bulk(producer_, std::make_move_iterator(values.begin()), values.size());
    values.clear();
  }
  std::size_t take(T* into) { return queue_.try_dequeue_bulk_from_producer(producer_, into, at_a_time); }
  bool empty() const { return queue_.size_approx() == 0; }

private:
  moodycamel::ConcurrentQueue<T> queue_;
  moodycamel::ProducerToken producer_{queue_};
};

/// Where values come back, in one lane from each thread.
struct source {
  virtual ~source() = default;
  virtual bool take() = 0;
  virtual bool empty() const = 0;
};

template <bool Polls>
class home {
public:
  home() {
    bench::pin(0);
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLET;
    epoll_ctl(set_, EPOLL_CTL_ADD, bell.descriptor, &interest);
  }
  home(const home&) = delete;
  home& operator=(const home&) = delete;
  ~home() { close(set_); }
  void run() {
    for (stopped_ = false; !stopped_;) {
      bool took = false;
      for (source* each : sources) took = each->take() || took;
      if (!took) wait();
    }
  }
  void stop() { stopped_ = true; }
  std::vector<source*> sources;
  doorbell bell;

private:
  void wait() {
    if (Polls) return bench::look_again();
    const auto quiet = [this] {
      return std::all_of(sources.begin(), sources.end(), [](source* each) { return each->empty(); });
    };
    bell.sleep(quiet, [this] {
      epoll_event event;
      epoll_wait(set_, &event, 1, -1);
    });
  }
  bool stopped_ = false;
  const int set_ = epoll_create1(EPOLL_CLOEXEC);
};

template <bool Polls>
struct thread {
  template <class T, class Done>
  class far final : source {
  public:
    far(home<Polls>& owner, Done done) : home_(owner), done_(done) {
      home_.sources.push_back(this);
      thread_ = std::thread([this] { work(); });
    }
    ~far() override {
      ended_.store(true);
      bell_.ring();
      thread_.join();
    }
    void send(T value) {
      going_.push_back(std::move(value));
      if (!taking_) flush();
    }

  private:
    void flush() {
      if (going_.empty()) return;
      there_.put(going_);
      bell_.ring();
    }
    bool take() override {
      T values[at_a_time];
      const std::size_t got = back_.take(values);
      taking_ = true;
      for (std::size_t each = 0; each < got; ++each) done_(std::move(values[each]));
      taking_ = false;
      flush();
      return got > 0;
    }
    bool empty() const override { return back_.empty(); }
    void work() {
      bench::pin(1);
      const auto values = std::make_unique<T[]>(at_a_time);
      std::vector<T> done;
      while (!ended_.load()) {
        const std::size_t got = there_.take(values.get());
        for (std::size_t each = 0; each < got; ++each) done.push_back(bench::work(std::move(values[each])));
        if (got > 0) {
          back_.put(done);
          home_.bell.ring();
        } else {
          wait();
        }
      }
    }
    void wait() {
      if (Polls) return bench::look_again();
      bell_.sleep([this] { return there_.empty() && !ended_.load(); },
                  [this] {
                    std::uint64_t rings;
                    expect(read(bell_.descriptor, &rings, sizeof rings) == sizeof rings, "a sleep");
                  });
    }

    home<Polls>& home_;
    Done done_;
    bool taking_ = false;
    std::vector<T> going_;
    lane<T> there_;
    lane<T> back_;
    doorbell bell_;
    std::atomic<bool> ended_{false};
    std::thread thread_;
  };
};

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  row<round_trips<home<false>, thread<false>::far>>("round trip/job, asleep", 10'000);
  row<round_trips<home<false>, thread<false>::far>>("round trip/message, asleep", 10'000);
  row<round_trips<home<true>, thread<true>::far>>("round trip/job, polling", 100'000);
  row<round_trips<home<true>, thread<true>::far>>("round trip/message, polling", 100'000);
  row<fan_out<home<false>, thread<false>::far>>("fan-out/4 workers, asleep", 5'000);
  row<round_trips<home<false>, thread<false>::far, std::string>>("1 MiB/handed to a job", 1'000);
  row<round_trips<home<false>, thread<false>::far, std::string>>("1 MiB/handed to a worker", 1'000);
  row<many_outstanding<home<false>, thread<false>::far>>("1,000 outstanding/jobs", 100'000);
  row<many_outstanding<home<false>, thread<false>::far>>("1,000 outstanding/messages", 100'000);
  row<many_outstanding<home<true>, thread<true>::far>>("1,000 outstanding/jobs, polling", 100'000);
  return run(argc, argv);
}

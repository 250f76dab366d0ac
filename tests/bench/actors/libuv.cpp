// libuv's rows: its thread pool, and `uv_async_send` with what everybody writes around it, for it tells only
// that something came.
#include <uv.h>

#include <cstdlib>
#include <mutex>

#include "rows.hpp"

namespace {

using bench::expect;

/// A loop that ends what is being closed in it as it goes.
struct owned_loop {
  owned_loop() { uv_loop_init(&loop); }
  owned_loop(const owned_loop&) = delete;
  owned_loop& operator=(const owned_loop&) = delete;
  ~owned_loop() {
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }
  void run() { uv_run(&loop, UV_RUN_DEFAULT); }
  uv_loop_t loop;
};

struct home : owned_loop {
  home() { bench::pin(0); }
  void stop() { uv_stop(&loop); }
};

/// A request of the pool, whose objects are used over and over.
template <class T, class Done>
class job {
public:
  job(home& owner, Done done) : home_(owner), done_(done) {
    uv_work_t first;
    uv_queue_work(
        &home_.loop, &first, [](uv_work_t*) { bench::pin(1); }, [](uv_work_t*, int) {});
    home_.run();
  }
  void send(T value) {
    if (free_.empty()) free_.push_back(std::make_unique<request>());
    request* const next = free_.back().release();
    free_.pop_back();
    next->uv.data = next;
    next->owner = this;
    next->value = std::move(value);
    expect(uv_queue_work(&home_.loop, &next->uv, perform, finish) == 0, "a request");
  }

private:
  struct request {
    uv_work_t uv;
    job* owner;
    T value;
  };
  static void perform(uv_work_t* uv) {
    auto& self = *static_cast<request*>(uv->data);
    self.value = bench::work(std::move(self.value));
  }
  static void finish(uv_work_t* uv, int) {
    std::unique_ptr<request> self(static_cast<request*>(uv->data));
    job& owner = *self->owner;
    T value = std::move(self->value);
    owner.free_.push_back(std::move(self));
    owner.done_(std::move(value));
  }

  home& home_;
  Done done_;
  std::vector<std::unique_ptr<request>> free_;
};

/// A list under a mutex; `call` is given what came, one by one.
template <class T, class Call>
class mailbox {
public:
  mailbox(uv_loop_t& loop, Call call) : call_(call) {
    uv_async_init(&loop, &async_, [](uv_async_t* async) { static_cast<mailbox*>(async->data)->take(); });
    async_.data = this;
  }
  void post(T value) {
    {
      const std::lock_guard locked(mutex_);
      waiting_.push_back(std::move(value));
    }
    uv_async_send(&async_);
  }
  void close() { uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr); }

private:
  void take() {
    {
      const std::lock_guard locked(mutex_);
      waiting_.swap(taken_);
    }
    for (T& each : taken_) call_(std::move(each));
    taken_.clear();
  }
  std::mutex mutex_;
  std::vector<T> waiting_;
  std::vector<T> taken_;
  uv_async_t async_;
  Call call_;
};

/// A loop on another thread, with a mailbox on either side.
template <class T, class Done>
class message {
public:
  message(home& owner, Done done) : home_(owner), here_(owner.loop, done) {
    uv_async_init(&far_.loop, &end_, [](uv_async_t* async) { uv_stop(async->loop); });
    thread_ = std::thread([this] {
      bench::pin(1);
      far_.run();
    });
  }
  ~message() {
    uv_async_send(&end_);
    thread_.join();
    uv_close(reinterpret_cast<uv_handle_t*>(&end_), nullptr);
    there_.close();
    far_.run();
    here_.close();
    uv_run(&home_.loop, UV_RUN_NOWAIT);
  }
  void send(T value) { there_.post(std::move(value)); }

private:
  struct echo {
    void operator()(T value) const { self->here_.post(bench::work(std::move(value))); }
    message* self;
  };
  home& home_;
  owned_loop far_;
  uv_async_t end_;
  mailbox<T, Done> here_;
  mailbox<T, echo> there_{far_.loop, echo{this}};
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  setenv("UV_THREADPOOL_SIZE", "1", 1);
  row<round_trips<home, job>>("round trip/job, asleep", 10'000);
  row<round_trips<home, message>>("round trip/message, asleep", 10'000);
  row<fan_out<home, message>>("fan-out/4 workers, asleep", 5'000);
  row<round_trips<home, job, std::string>>("1 MiB/handed to a job", 1'000);
  row<round_trips<home, message, std::string>>("1 MiB/handed to a worker", 1'000);
  row<many_outstanding<home, job>>("1,000 outstanding/jobs", 100'000);
  row<many_outstanding<home, message>>("1,000 outstanding/messages", 100'000);
  return run(argc, argv);
}

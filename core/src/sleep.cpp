#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/sleep.hpp>

namespace trireme::detail {

void sleep_awaiter::start(coroutine_frame& frame) {
  frame_ = &frame;
  if (const auto& context = frame.bound_context()) context->watch(*this);
  if (failure_) return;
  timer_ = loop_.set_timeout(delay_, [this] {
    unlink();
    frame_->wake_soon();
  });
}

void sleep_awaiter::on_stop(const error& reason) {
  timer_.clear();
  failure_ = reason;
  frame_->wake_soon();
}

namespace {

/// A pause that somebody waits for other than by `co_await`. It belongs to the loop.
class kept_sleep final : public kept_work, public recycled {
public:
  explicit kept_sleep(completion<void> done) : done_(std::move(done)), watch_(*this) {}
  ~kept_sleep() { timer_.clear(); }

  void start(duration delay) {
    loop& owner = done_.owner();
    keep_with_loop(owner, *this);
    if (const auto& context = owner.current()) context->watch(watch_);
    if (!stopped_) timer_ = owner.set_timeout(delay, [this] { end({}); });
  }

private:
  struct watch final : stop_watch {
    explicit watch(kept_sleep& owner) : self(owner) {}
    void on_stop(const error& reason) override { self.stop(reason); }
    kept_sleep& self;
  };

  void drop() noexcept override { delete this; }
  /// The callback of who waits is not for the stack of who stops.
  void stop(const error& reason) {
    stopped_ = true;
    timer_.clear();
    done_.owner().next_tick([this, reason] { end(reason); });
  }
  void end(const error& failure) {
    const std::unique_ptr<kept_sleep> goes(this);
    completion<void> done = std::move(done_);
    watch_.unlink();
    failure ? done.reject(failure) : done.resolve();
  }

  completion<void> done_;
  timer timer_;
  watch watch_;
  bool stopped_ = false;
};

}  // namespace

void start_sleep(duration delay, completion<void> done) {
  (new kept_sleep(std::move(done)))->start(delay);  // deletes itself
}

}  // namespace trireme::detail

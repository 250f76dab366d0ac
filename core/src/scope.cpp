#include <trireme/core/scope.hpp>

namespace trireme {
namespace detail {

spawned::spawned(scope& owner, unique_function<task<void>()> work)
    : wakeable(owner.owner()), scope_(owner), work_(std::move(work)), end_(*this) {}

void spawned::start() { adopt(work_()); }

void spawned::adopt(task<void> running) {
  task_.emplace(std::move(running));
  task_->settlement().attach(end_);
}

void spawned::wake() {
  const std::unique_ptr<spawned> goes(this);  // last: what it holds may be the owner of the scope
  unlink();
  scope_.ended(error(task_->settlement().failure()));
}

void join_awaiter::start() { scope_.wait(*this); }

promise<void> join_operation::as_promise() const {
  return with_promise<void>(scope_.owner(), [this](completion<void> done) { scope_.wait(std::move(done)); });
}

namespace {

class kept_joiner final : public joiner, public recycled {
public:
  explicit kept_joiner(completion<void> done) : done_(std::move(done)) {}

private:
  /// A callback is not for the stack of who destroys the scope.
  void joined() override {
    loop& owner = done_.owner();
    owner.next_tick([this, self = std::unique_ptr<kept_joiner>(this)] { done_.resolve(); });
  }
  completion<void> done_;
};

}  // namespace

}  // namespace detail

scope::scope(loop& owner) : loop_(owner), context_(context::make(owner.current())) {}

scope::~scope() {
  cancel();
  while (!tasks_.empty()) delete &tasks_.pop_front();
  wake_joiners();
}

void scope::start(unique_function<task<void>()> work) {
  loop_.assert_current();
  loop_.run_in(context_, [&] {
    auto item = std::make_unique<detail::spawned>(*this, std::move(work));
    keep(*item);
    try {
      item->start();
    } catch (...) {
      let_go();
      throw;
    }
    static_cast<void>(item.release());
  });
}

void scope::spawn(task<void> running) {
  loop_.assert_current();
  auto item = std::make_unique<detail::spawned>(*this, unique_function<task<void>()>());
  item->adopt(std::move(running));
  keep(*item.release());
}

void scope::keep(detail::spawned& item) noexcept {
  tasks_.push_back(item);
  ++size_;
}

void scope::let_go() {
  if (--size_ == 0) wake_joiners();
}

void scope::on_error(unique_function<void(const error&)> handler) {
  on_error_ = std::make_shared<unique_function<void(const error&)>>(std::move(handler));
}

void scope::ended(const error& failure) {
  let_go();
  if (!failure || failure == context_->stop_reason()) return;
  if (const auto handler = on_error_; handler && *handler) {
    (*handler)(failure);
  } else {
    loop_.uncaught(failure);
  }
}

void scope::wait(detail::joiner& waiting) {
  if (size_ == 0) {
    waiting.joined();
  } else {
    joiners_.push_back(waiting);
  }
}

void scope::wait(completion<void> done) { wait(*new detail::kept_joiner(std::move(done))); }
void scope::join(callback_of<void> done) { wait(completion<void>(loop_, std::move(done))); }

void scope::wake_joiners() {
  while (!joiners_.empty()) joiners_.pop_front().joined();
}

}  // namespace trireme

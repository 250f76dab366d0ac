#include <trireme/actors/detail/listener.hpp>

#include <trireme/core/assert.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

/// Messages that a loop reads from one port before it looks after others. A worker does one at a time.
constexpr std::size_t at_once = 64;

std::shared_ptr<home> home_of_caller() {
  auto found = this_home();
  TRIREME_ASSERT(found);  // handlers run on a loop or a worker, and this thread has neither
  return found;
}

}  // namespace

void notice::run() { whom->run(); }

void notice::send(std::unique_ptr<notice> sent) noexcept {
  const std::shared_ptr<home> to = sent->whom->at();  // once it is there the listener may go
  to->notify(std::move(sent));
}

listener::listener(std::shared_ptr<port_end> from)
    : from_(std::move(from)), home_(home_of_caller()), loop_(home_->as_loop()) {
  home_->keep(*this);
}

context_ptr listener::current_context() const { return loop_ ? loop_->current() : context_ptr(); }

void listener::on_close(callback handler) {
  close_context_ = current_context();
  on_close_ = std::move(handler);
}

void listener::reads(bool whether) {
  message_context_ = current_context();
  reads_ = whether;
  update_hold();
}

void listener::hold(bool wanted) noexcept {
  wanted_ = wanted;
  update_hold();
}

void listener::update_hold() noexcept {
  const bool holds = active_ && reads_ && wanted_;
  if (std::exchange(holds_, holds) == holds) return;
  holds ? home_->ref() : home_->unref();
}

void listener::look() noexcept { notice::send(make_notice()); }

void listener::drop() noexcept {
  const auto self = shared_from_this();  // a handler may hold its own port
  active_ = false;
  update_hold();
  unlink();
  from_->take_back();
  forget();
  on_close_.reset();
  message_context_ = {};
  close_context_ = {};
}

template <class Work>
void listener::call(const context_ptr& context, Work&& work) {
  loop_ ? loop_->internals().enter(context, work) : work();
}

void listener::run() {
  for (std::size_t left = loop_ ? at_once : 1; active_; --left) {
    if (left == 0 || (loop_ && loop_->internals().stopping)) return rest();
    if (!read_one()) return;
  }
}

// False where nothing is left to do before the next notice.
bool listener::read_one() {
  port_end::message message = next();
  if (!message) {
    if (active_ && from_->over()) finish();
    return false;
  }
  call(message_context_, [this, &message] {
    const port_end::message read = std::move(message);  // goes before ticks and microtasks run
    deliver(*read);
  });
  return true;
}

port_end::message listener::next() {
  port_end::message found;
  if (reads_) found = from_->pop();
  if (found) return found;
  from_->leave(make_notice());
  if (reads_) found = from_->pop();  // one that came before the notice lay there
  if (found) from_->take_back();
  return found;
}

void listener::rest() {
  from_->leave(make_notice());
  if ((reads_ && from_->waiting() > 0) || from_->over()) from_->wake();
}

void listener::finish() {
  callback told = std::move(on_close_);
  const context_ptr context = close_context_;
  drop();
  if (told) call(context, [&told] { std::exchange(told, nullptr)(); });
}

}  // namespace trireme::actors::detail

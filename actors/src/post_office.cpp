#include <trireme/actors/detail/post_office.hpp>

#include <mutex>
#include <trireme/actors/detail/actor_messages.hpp>
#include <trireme/actors/detail/actor_worker.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

/// Taken when systems come and go, never on the way of a message.
std::mutex closed_offices;
post_office* first_closed = nullptr;

}  // namespace

post_office::post_office() = default;

post_office& post_office::open() {
  {
    const std::lock_guard lock(closed_offices);
    if (first_closed) return *std::exchange(first_closed, first_closed->next_);
  }
  return *new post_office;
}

void post_office::close() noexcept {
  const std::lock_guard lock(closed_offices);
  next_ = std::exchange(first_closed, this);
}

void post_office::post_user(std::unique_ptr<envelope> message) noexcept {
  std::unique_ptr<trireme::detail::job> sent = std::move(message);
  static_cast<void>(users_.push_always(sent));
}

bool post_office::post_control(std::unique_ptr<envelope>& message) noexcept {
  control_.announce();
  if (!message->to().lives()) {
    control_.withdraw();
    return false;
  }
  std::unique_ptr<trireme::detail::job> sent = std::move(message);
  static_cast<void>(control_.push_announced(sent));
  return true;
}

std::unique_ptr<envelope> post_office::fetch_control() noexcept {
  if (opened_ == fetched_) {
    opened_ = 0;
    fetched_ = control_.pop_many(desk_.data(), desk_.size());
    if (fetched_ == 0) return nullptr;
  }
  return std::unique_ptr<envelope>(static_cast<envelope*>(desk_[opened_++].release()));
}

place::place(const address& to) noexcept
    : to_(to), outcome_(to.where ? to.where->take_place(to.generation) : posting::closed) {}

void place::fill(std::unique_ptr<envelope> message) noexcept {
  outcome_ = posting::closed;  // the message has the place now
  actor_worker* const here = actor_worker::here();
  if (here && &here->office() == to_.where->home) return here->enqueue(std::move(message));
  to_.where->home->post_user(std::move(message));
}

void post_control(std::unique_ptr<envelope> message) noexcept {
  post_office& home = *message->to().where->home;
  actor_worker* const here = actor_worker::here();
  const bool local = here && &here->office() == &home;
  if (local ? here->enqueue_control(message) : home.post_control(message)) return;
  envelope& refused = *message;
  if (refused.was_said()) home.closed.add();  // an answer to an asker that has ended
  refused.refuse(std::move(message), error(make_error_code(errc::closed), "actor"));
}

}  // namespace trireme::actors::detail

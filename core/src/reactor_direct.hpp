#pragma once
// Asks Asio's reactor itself for events, and hands them to Asio's queue of handlers: its scheduler would ask
// the kernel once more in every turn that did something, and wake up each second in every longer wait.
//
// Included by turn.cpp alone, whose turn it becomes a part of: on the way back from the kernel each function
// that is left costs a return that the processor does not foresee.
#include "watch.hpp"

#if TRIREME_PERSISTENT_WATCH
#include <algorithm>
#include <asio/detail/epoll_reactor.hpp>
#include <asio/detail/scheduler.hpp>

#include "reactor.hpp"

namespace trireme::detail {

namespace {

using asio::detail::epoll_reactor;
using asio::detail::operation;
using asio::detail::scheduler;

/// An explicit instantiation may name a private member ([temp.spec.general]/6): these are the ones we need.
template <auto Member>
struct opened {
  friend auto& queue_of(scheduler& from) { return from.*Member; }
};
template <auto Member>
struct opened_lock {
  friend auto& lock_of(scheduler& from) { return from.*Member; }
};
template <auto Member>
struct opened_marker {
  friend operation& marker_of(scheduler& from) { return from.*Member; }
};
template <auto Member>
struct opened_work {
  friend auto& work_of(scheduler& from) { return from.*Member; }
};
template <auto Member>
struct opened_interrupted {
  friend bool& interrupted_of(scheduler& from) { return from.*Member; }
};
template <auto Member>
struct opened_handle {
  friend int handle_of(epoll_reactor& from) { return from.*Member; }
};
auto& queue_of(scheduler&);
auto& lock_of(scheduler&);
operation& marker_of(scheduler&);
auto& work_of(scheduler&);
bool& interrupted_of(scheduler&);
int handle_of(epoll_reactor&);
template struct opened_work<&scheduler::outstanding_work_>;
template struct opened<&scheduler::op_queue_>;
template struct opened_lock<&scheduler::mutex_>;
template struct opened_marker<&scheduler::task_operation_>;
template struct opened_interrupted<&scheduler::task_interrupted_>;
template struct opened_handle<&epoll_reactor::epoll_fd_>;

using scheduler_lock = asio::detail::conditionally_enabled_mutex::scoped_lock;

enum class standing { handlers_first, marker_then_handlers, marker_alone };

/// Where the marker, the entry that asks the reactor, is in the queue of handlers.
standing look_at(scheduler& from, const scheduler_lock&) {
  auto& queue = queue_of(from);
  if (queue.front() != &marker_of(from)) return standing::handlers_first;
  queue.pop();
  const bool alone = queue.empty();
  asio::detail::op_queue<operation> behind;
  behind.push(queue);
  queue.push(&marker_of(from));
  queue.push(behind);
  return alone ? standing::marker_alone : standing::marker_then_handlers;
}

standing look_at(scheduler& from) { return look_at(from, scheduler_lock(lock_of(from))); }

/// Puts what is ready now to the end, and the marker behind it, as the scheduler itself would. False where
/// there is no handler at all.
bool collect_events(scheduler& into, epoll_reactor& from, bool marker_alone) {
  asio::detail::op_queue<operation> ready;
  from.run(0, ready);
  if (marker_alone && ready.empty()) return false;
  const scheduler_lock lock(lock_of(into));
  queue_of(into).pop();
  queue_of(into).push(ready);
  queue_of(into).push(&marker_of(into));
  return true;
}

long to_microseconds(duration timeout) {
  if (timeout < duration::zero()) return -1;
  const auto rounded_up = std::chrono::ceil<std::chrono::microseconds>(timeout).count();
  return static_cast<long>(std::min<std::chrono::microseconds::rep>(rounded_up, 3'600'000'000));
}

}  // namespace

// Hint 1 keeps Asio's locks but spares the wake-ups between threads that run one context: there is one.
reactor::reactor()
    : context_(1),
      guard_(context_.get_executor()),
      handlers_(&asio::use_service<scheduler>(context_)),
      events_(&asio::use_service<epoll_reactor>(context_)) {
  events_->init_task();
}

bool reactor::run_first(duration timeout) {
  // Every handler counts as work, but for events that an earlier turn left behind; our guard does too.
  const bool no_handlers = !std::exchange(left_over_, true) && work_of(*handlers_) == 1;
  if (timeout != duration::zero()) {
    asio::error_code ignored;
    return handlers_->wait_one(to_microseconds(timeout), ignored) > 0;
  }
  const standing now = no_handlers ? standing::marker_alone : look_at(*handlers_);
  if (now == standing::handlers_first) return run_next();
  return collect_events(*handlers_, *events_, now == standing::marker_alone) && run_next();
}

bool reactor::run_next() {
  asio::error_code ignored;
  return look_at(*handlers_) == standing::handlers_first && handlers_->poll_one(ignored) > 0;
}

// The scheduler interrupts the reactor for a handler of another thread only while it waits there itself. It
// takes the look and the request under one lock, so that no handler comes between.
bool reactor::about_to_sleep_outside() noexcept {
  const scheduler_lock lock(lock_of(*handlers_));
  if (look_at(*handlers_, lock) != standing::marker_alone) return false;
  interrupted_of(*handlers_) = false;
  return true;
}

void reactor::awake() noexcept {
  const scheduler_lock lock(lock_of(*handlers_));
  interrupted_of(*handlers_) = true;
}

int reactor::native_handle() noexcept { return handle_of(*events_); }

}  // namespace trireme::detail
#endif

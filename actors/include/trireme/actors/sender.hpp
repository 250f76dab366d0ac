#pragma once
#include <memory>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/port_end.hpp>
#include <trireme/core/posting.hpp>
#include <utility>

namespace trireme::actors {

template <class Out, class In>
class port;

/// Posts what its port would post, from any thread, as often as it is copied.
///
/// Thread: any; copies may travel. Lifetime: keeps nothing open; once either port has closed it answers
/// `closed`. Errors: `full` and `closed` leave the message with the caller; nothing throws but moving it, and
/// memory that has run out. Order: first in, first out for each thread; none between threads, nor with what
/// the port itself posts.
template <class T>
class sender {
  static_assert(detail::all_cross<T>());

public:
  posting post_message(T&& message) const { return to_->post(message, nullptr); }

private:
  template <class Out, class In>
  friend class port;
  explicit sender(std::shared_ptr<detail::port_end> to) noexcept : to_(std::move(to)) {}

  std::shared_ptr<detail::port_end> to_;
};

}  // namespace trireme::actors

#pragma once
#include <memory>
#include <trireme/actors/detail/actor_messages.hpp>
#include <trireme/actors/detail/envelope.hpp>
#include <utility>

namespace trireme::actors::detail {

/// Control that actors of the framework's own send one another: what to do with the actor that it reaches,
/// and what to do where that has ended. Both are called on a worker or on the sender's thread, and own what
/// they hold.
template <class Deliver, class Refuse>
class control_notice : public envelope {
public:
  control_notice(const address& to, Deliver deliver, Refuse refuse)
      : envelope(to), deliver_(std::move(deliver)), refuse_(std::move(refuse)) {}
  void deliver(std::unique_ptr<envelope>, cell& actor) override { deliver_(actor); }
  void refuse(std::unique_ptr<envelope>, const error&) noexcept override { refuse_(); }
  const std::type_info& content() const noexcept override { return typeid(Deliver); }
  bool was_said() const noexcept override { return false; }

private:
  Deliver deliver_;
  Refuse refuse_;
};

/// What the actor's record alone takes note of.
template <class Deliver, class Refuse>
class control_note final : public control_notice<Deliver, Refuse> {
public:
  using control_notice<Deliver, Refuse>::control_notice;
  bool runs_code() const noexcept override { return false; }
};

template <class Deliver, class Refuse>
std::unique_ptr<envelope> make_notice(const address& to, Deliver deliver, Refuse refuse) {
  return std::make_unique<control_notice<Deliver, Refuse>>(to, std::move(deliver), std::move(refuse));
}
template <class Deliver>
std::unique_ptr<envelope> make_notice(const address& to, Deliver deliver) {
  return make_notice(to, std::move(deliver), [] {});
}
template <class Deliver, class Refuse>
std::unique_ptr<envelope> make_note(const address& to, Deliver deliver, Refuse refuse) {
  return std::make_unique<control_note<Deliver, Refuse>>(to, std::move(deliver), std::move(refuse));
}
template <class Deliver>
std::unique_ptr<envelope> make_note(const address& to, Deliver deliver) {
  return make_note(to, std::move(deliver), [] {});
}

}  // namespace trireme::actors::detail

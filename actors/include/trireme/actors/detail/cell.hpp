#pragma once
#include <cstdint>
#include <memory>
#include <trireme/actors/detail/envelope.hpp>
#include <trireme/actors/detail/slot.hpp>
#include <trireme/actors/exit_reason.hpp>
#include <trireme/core/clock.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/result.hpp>
#include <trireme/core/unique_function.hpp>
#include <typeinfo>

namespace trireme::actors {

class any_ref;

/// Names one watch of one actor on another.
struct actor_monitor {
  std::uint64_t number = 0;
  friend bool operator==(const actor_monitor&, const actor_monitor&) = default;
};

namespace detail {

class actor_worker;
struct relations;

/// The number that no timer has.
inline constexpr std::uint64_t no_timer = ~std::uint64_t{0};

/// A question that an actor has asked and that has no answer yet.
struct pending_question {
  virtual ~pending_question() = default;
  virtual void fail(const error& why) = 0;
  std::uint64_t deadline = no_timer;
};
template <class R>
struct typed_pending_question final : pending_question {
  explicit typed_pending_question(unique_function<void(result<R>)> given) : handler(std::move(given)) {}
  void fail(const error& why) override { handler(result<R>(why)); }
  unique_function<void(result<R>)> handler;
};

/// What every actor is made of. What few of them need lies behind one pointer.
///
/// Thread: its worker's. Its names are few and long, for those of an actor's own may not meet them.
class cell : public trireme::detail::recycled {
public:
  cell(const cell&) = delete;
  cell& operator=(const cell&) = delete;
  virtual ~cell();

  /// As `actor` says.
  virtual void on_start() {}
  virtual void on_exit(const exit_reason&) {}
  virtual void on_link_down(const any_ref&, const exit_reason& why);
  virtual void on_down(actor_monitor, const exit_reason&) {}
  /// A supervisor's: a child has ended, or its place has.
  virtual void on_child_ended(std::uint64_t, const exit_reason&) {}

  address own_address() const noexcept { return {&slot_, generation_}; }
  /// Ends it when the call that is running returns.
  void end_with(exit_reason why) noexcept;
  /// Null where it was answered or has expired.
  std::unique_ptr<pending_question> take_question(std::uint64_t number) noexcept;
  // What others tell of themselves, by control.
  void linked_by(const address& other);
  void unlinked_by(const address& other) noexcept;
  void link_ended(const address& other, const exit_reason& why);
  void watched_by(const address& other, std::uint64_t number);
  void unwatched_by(const address& other, std::uint64_t number) noexcept;
  void watched_ended(std::uint64_t number, const exit_reason& why);

  void answer_came_late(const std::type_info& type) noexcept;
  void answer_went_unheard(const std::type_info& type) noexcept;

protected:
  cell();  // only where a worker makes an actor
  actor_worker& own_worker() const noexcept { return worker_; }
  time_point now() const;
  /// Says what `ask` is to be known by.
  std::uint64_t keep_question(std::unique_ptr<pending_question> asked, duration at_most);
  std::uint64_t arm_timer(duration delay, std::unique_ptr<envelope> letter, bool control);
  void link_to(const address& other);
  void unlink_from(const address& other);
  std::uint64_t watch_end_of(const address& other);
  void unwatch_end_of(std::uint64_t number);
  void disarm_timer(std::uint64_t timer) noexcept;

private:
  friend class actor_worker;
  relations& related();

  /// Its place among those that are ready.
  struct queue_link : trireme::detail::list_node {
    explicit queue_link(cell& whose) noexcept : owner(whose) {}
    cell& owner;
  };

  // What every message touches lies together.
  queue_link link_{*this};
  envelope_list mail_;
  slot& slot_;
  const std::uint32_t generation_;
  bool started_ = false;
  bool vacant_ = false;  // keeps a child's place between two of its lives
  actor_worker& worker_;
  std::unique_ptr<relations> relations_;
};

}  // namespace detail
}  // namespace trireme::actors

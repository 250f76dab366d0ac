#pragma once
#include <memory>
#include <trireme/actors/detail/slot.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/error.hpp>
#include <typeinfo>
#include <utility>

namespace trireme::actors::detail {

/// A message on its way to an actor. Exactly one of `deliver` and `refuse` is called, on a worker, or
/// `refuse` on the thread that could not send it.
class envelope : public trireme::detail::job, public trireme::detail::recycled {
public:
  explicit envelope(const address& to) noexcept : to_(to) {}
  ~envelope() override = default;

  /// What it throws, the actor failed with.
  virtual void deliver(std::unique_ptr<envelope> self, cell& actor) = 0;
  /// It will never arrive.
  virtual void refuse(std::unique_ptr<envelope>, const error&) noexcept {}
  /// For reports.
  virtual const std::type_info& content() const noexcept = 0;
  /// Whether it makes the actor that it goes to.
  virtual bool gives_birth() const noexcept { return false; }
  /// Whether somebody said it: then it is a dead letter where it does not arrive.
  virtual bool was_said() const noexcept { return true; }
  /// False where it runs none of the actor's own code: then it does not start the actor.
  virtual bool runs_code() const noexcept { return true; }
  const address& to() const noexcept { return to_; }

private:
  friend class envelope_list;
  void run() override {}  // only a question of the loop's comes home
  envelope* next_ = nullptr;
  address to_;
};

/// First in, first out; owns what is in it.
class envelope_list {
public:
  envelope_list() noexcept = default;
  /// In front of what is here.
  void put_in_front(envelope_list& older) noexcept {
    if (older.empty()) return;
    older.last_->next_ = first_;
    if (!first_) last_ = older.last_;
    first_ = std::exchange(older.first_, nullptr);
  }
  envelope_list(envelope_list&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), last_(other.last_) {}
  ~envelope_list() {
    while (!empty()) pop();
  }
  bool empty() const noexcept { return !first_; }
  void push(std::unique_ptr<envelope> message) noexcept {
    envelope* const added = message.release();
    (first_ ? last_->next_ : first_) = added;
    last_ = added;
  }
  std::unique_ptr<envelope> pop() noexcept {
    envelope* const oldest = first_;
    first_ = std::exchange(oldest->next_, nullptr);
    return std::unique_ptr<envelope>(oldest);
  }

private:
  envelope* first_ = nullptr;
  envelope* last_ = nullptr;
};

}  // namespace trireme::actors::detail

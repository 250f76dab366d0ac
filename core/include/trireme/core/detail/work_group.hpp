#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/gathering.hpp>
#include <trireme/core/detail/two_statements.hpp>
#include <trireme/core/task.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace trireme::detail {

class group_member;

/// Which end of a member decides, so that the others are told to stop.
enum class decides : std::uint8_t { none, first_failure, first_value, first_end };

/// Several pieces of work under one context of their own, a child of the one current when it was made. The
/// end of it is when all have ended, told to stop or not.
class work_group {
public:
  work_group(loop& owner, decides rule);
  work_group(const work_group&) = delete;
  work_group& operator=(const work_group&) = delete;
  /// Members have gone before it; what they started as promises is told to stop.
  ~work_group();

  loop& owner() const noexcept { return owner_; }
  const context_ptr& context() const noexcept { return context_; }
  /// False once a member could not be started: there is no use in the next.
  bool takes_more() const noexcept { return !spoiled_; }
  void began() noexcept { ++left_; }
  void spoil() noexcept { spoiled_ = rule_ == decides::first_failure || rule_ == decides::first_end; }
  void ended(const group_member& which);
  const group_member* decisive() const noexcept { return decisive_; }

  class join_awaiter {
  public:
    explicit join_awaiter(work_group& joined) noexcept : group_(joined) {}
    bool await_ready() const noexcept { return group_.left_ == 0; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      group_.joiner_ = &frame_of(handle);
    }
    void await_resume() const noexcept {}

  private:
    work_group& group_;
  };
  /// For one coroutine, which owns the group.
  join_awaiter join() noexcept { return join_awaiter(*this); }

private:
  bool decided_by(const group_member& which) const noexcept;

  loop& owner_;
  context_ptr context_;
  wakeable* joiner_ = nullptr;
  const group_member* decisive_ = nullptr;
  std::size_t left_ = 0;
  decides rule_;
  bool spoiled_ = false;
};

/// One of them.
class group_member : public wakeable {
public:
  explicit group_member(work_group& group) : wakeable(group.owner()), group_(group), end_(*this) {}
  bool failed() const noexcept { return outcome_ ? outcome_->failed() : static_cast<bool>(failure_); }
  const error& failure() const noexcept { return outcome_ ? outcome_->failure() : failure_; }

protected:
  ~group_member() = default;
  void watch(settlement_base& outcome);
  /// In the place of `watch`, where the callable threw.
  void fail(error reason);
  /// Before what is watched goes.
  void forget() noexcept { end_.unlink(); }
  work_group& group() const noexcept { return group_; }

private:
  struct end final : reaction {
    explicit end(group_member& ended) : self(ended) {}
    void settled() override { self.wake_soon(); }
    group_member& self;
  };
  void wake() final { group_.ended(*this); }

  work_group& group_;
  settlement_base* outcome_ = nullptr;
  error failure_;
  end end_;
};

/// A member that `Work` starts.
template <class Work>
class started final : public group_member {
public:
  using outcome = outcome_of<Work>;
  using group_member::group_member;
  ~started() { this->forget(); }

  void start(Work& work) {
    if (!this->group().takes_more()) return;
    this->group().began();
    try {
      running_.emplace(this->group().owner().run_in(this->group().context(), work));
      this->watch(running_->settlement());
    } catch (...) {
      this->fail(error::from(std::current_exception()));
    }
  }
  template <class Wants>
  auto take() {
    return Wants::take(running_->settlement());
  }
  /// Its value, or its error thrown.
  outcome take_or_throw() {
    if (!running_) this->failure().raise();
    return running_->settlement().take();
  }
  result<outcome> take_result() {
    if (!running_) return this->failure();
    return running_->settlement().take_result();
  }

private:
  std::optional<started_by<Work>> running_;
};

/// A few callables of different types, started.
template <class... Work>
class started_tuple {
public:
  started_tuple(loop& owner, decides rule, Work&... work)
      : group_(owner, rule), members_((static_cast<void>(sizeof(Work)), group_)...) {
    start(std::index_sequence_for<Work...>(), work...);
  }
  work_group::join_awaiter join() noexcept { return group_.join(); }
  const group_member* decisive() const noexcept { return group_.decisive(); }

  template <class Each>
  void each(Each call) {
    std::apply([&](auto&... member) { (call(member), ...); }, members_);
  }
  template <class Make>
  auto collect(Make make) {
    return std::apply([&](auto&... member) { return make(member...); }, members_);
  }

private:
  template <std::size_t... Which>
  void start(std::index_sequence<Which...>, Work&... work) {
    (std::get<Which>(members_).start(work), ...);
  }
  work_group group_;
  std::tuple<started<Work>...> members_;
};

/// Many of one type, started.
template <class Work>
class started_list {
public:
  started_list(loop& owner, decides rule, std::vector<Work>& work) : group_(owner, rule) {
    for (auto& next : work) members_.emplace_back(group_).start(next);
  }
  work_group::join_awaiter join() noexcept { return group_.join(); }
  const group_member* decisive() const noexcept { return group_.decisive(); }

  template <class Each>
  void each(Each call) {
    for (auto& member : members_) call(member);
  }

private:
  work_group group_;
  std::deque<started<Work>> members_;  // they do not move
};

/// Throws the error that decided, where one did.
inline void raise(const group_member* decisive) {
  if (decisive && decisive->failed()) decisive->failure().raise();
}

}  // namespace trireme::detail

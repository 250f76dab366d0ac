#pragma once
#include <memory>
#include <string>
#include <trireme/core/detail/make_recycled.hpp>
#include <trireme/core/detail/operations.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <typeinfo>

namespace trireme::detail {

/// A reaction that owns itself: waits in the settlement's list, then in the microtask that runs it.
class queued_reaction : public reaction, public recycled {
public:
  explicit queued_reaction(loop& owner) : context_(owner.current()), loop_(owner) {}
  virtual ~queued_reaction() = default;
  /// `self` owns this reaction, and lets it go after the call unless it was moved from.
  virtual void run(std::unique_ptr<queued_reaction>& self) = 0;

private:
  struct call {
    void operator()() { reaction->run(reaction); }
    std::string describe() const {
      const queued_reaction& waiting = *reaction;
      return type_name(typeid(waiting));
    }
    std::unique_ptr<queued_reaction> reaction;
  };
  void settled() final {
    loop_.queue_microtask_in(std::move(context_), call{std::unique_ptr<queued_reaction>(this)});
  }

  context_ptr context_;
  loop& loop_;
};

template <class T>
promise<T> to_promise(promise<T> same) {
  return same;
}
template <class T>
promise<T> to_promise(task<T> work) {
  return std::move(work).as_promise();
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

/// The task as a promise. `kept`, which holds the callable that made it, is kept until it has ended: the
/// frame of a coroutine refers to the captures of its lambda.
template <class T, class Kept>
promise<T> to_promise_keeping(task<T> work, Kept& kept) {
  if (work.done()) return std::move(work).as_promise();
  auto made = make_promise<T>(work.owner());
  task_to_promise<T, Kept>::start(std::move(work), std::move(made.resolver), kept);
  return std::move(made.promise);
}

/// Settles `target` with what `call` returns or throws. Where that is a task, `self` is moved from.
template <class T, class Call>
void settle_with(resolver<T>& target, std::unique_ptr<queued_reaction>& self, Call&& call) {
  using returned = typename bare<std::remove_cvref_t<std::invoke_result_t<Call>>>::type;
  try {
    if constexpr (std::is_void_v<returned>) {
      call();
      target.resolve();
    } else if constexpr (is_task<returned>) {
      target.resolve(to_promise_keeping(call(), self));
    } else if constexpr (running<returned>) {
      target.resolve(to_promise(call()));
    } else {
      target.resolve(call());
    }
  } catch (...) {
    target.reject(error::from(std::current_exception()));
  }
}

/// Calls `work` with the settlement, in a microtask; no promise comes of it.
template <class T, class Work>
class observing final : public queued_reaction {
public:
  observing(promise_ref<T> source, Work work)
      : queued_reaction(source->owner()), source_(std::move(source)), work_(std::move(work)) {}
  void run(std::unique_ptr<queued_reaction>&) override { work_(*source_); }

private:
  promise_ref<T> source_;
  Work work_;
};

template <class T, class Work>
void observe(promise_ref<T> source, Work work) {
  auto& from = *source;
  auto reaction = std::make_unique<observing<T, Work>>(std::move(source), std::move(work));
  from.attach(*reaction.release());
}

template <class Access, class Work, class Rescue, class Next>
class then_reaction final : public queued_reaction {
public:
  using value_type = typename Access::value_type;
  then_reaction(promise_ref<value_type> source, Work work, Rescue rescue, resolver<Next> target)
      : queued_reaction(source->owner()),
        source_(std::move(source)),
        work_(std::move(work)),
        rescue_(std::move(rescue)),
        next_(std::move(target)) {}

  void run(std::unique_ptr<queued_reaction>& self) override {
    if (!source_->failed()) {
      settle_with(next_, self, [this]() -> decltype(auto) { return Access::call(work_, *source_); });
    } else if constexpr (std::is_same_v<Rescue, pass_failure>) {
      next_.reject(source_->failure());
    } else {
      settle_with(next_, self, [this]() -> decltype(auto) { return std::move(rescue_)(source_->failure()); });
    }
  }

private:
  promise_ref<value_type> source_;
  Work work_;
  [[no_unique_address]] Rescue rescue_;
  resolver<Next> next_;
};

template <class Access, class Work, class Rescue>
auto react(promise_ref<typename Access::value_type> source, Work work, Rescue rescue) {
  using value_type = typename Access::value_type;
  using returned = std::remove_cvref_t<decltype(Access::call(work, std::declval<settlement<value_type>&>()))>;
  using next_type = typename unwrap<returned>::type;
  static_assert(alignof(Work) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ &&
                    alignof(Rescue) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                "a reaction's captures are aligned no further than operator new does: capture a pointer");
  auto next = promise_ref<next_type>::make(source->owner());
  auto& from = *source;
  auto reaction = std::make_unique<then_reaction<Access, Work, Rescue, next_type>>(
      std::move(source), std::move(work), std::move(rescue), resolver<next_type>(next));
  from.attach(*reaction.release());
  return promise<next_type>(std::move(next));
}

/// Settles `outer` as `inner` does, one microtask after it.
template <class T>
class forward_reaction final : public queued_reaction {
public:
  forward_reaction(promise_ref<T> inner, resolver<T> outer)
      : queued_reaction(inner->owner()), inner_(std::move(inner)), outer_(std::move(outer)) {}
  void run(std::unique_ptr<queued_reaction>&) override { settle_as(outer_, *inner_); }

private:
  promise_ref<T> inner_;
  resolver<T> outer_;
};

/// JavaScript attaches to a promise that a reaction returned only in the next microtask; so does this.
template <class T>
struct attach_later {
  void operator()() {
    auto& from = *inner;
    auto forward = std::make_unique<forward_reaction<T>>(std::move(inner), std::move(outer));
    from.attach(*forward.release());
  }
  promise_ref<T> inner;
  resolver<T> outer;
};

template <class T>
void follow(resolver<T> outer, promise<T> inner) {
  loop& owner = inner.owner();
  owner.queue_microtask(attach_later<T>{std::move(inner).release(), std::move(outer)});
}

/// Runs `work`, waits where it returns a promise or a task, and settles as `last` does.
template <class Work, class Last>
auto run_before(loop& owner, const std::shared_ptr<Work>& work, Last last) {
  using returned = typename bare<std::remove_cvref_t<std::invoke_result_t<Work&>>>::type;
  if constexpr (is_task<returned>) {
    auto kept = work;
    return to_promise_keeping((*work)(), kept).then(std::move(last));
  } else if constexpr (running<returned>) {
    return to_promise((*work)()).then(std::move(last));
  } else {
    static_cast<void>((*work)());
    return promise<void>::resolved(owner).then(std::move(last));
  }
}

template <class T>
struct give_value {
  explicit give_value(T kept) : value(std::move(kept)) {}
  template <class... Ignored>
  T operator()(Ignored&&...) {
    return std::move(value);
  }
  T value;
};
template <>
struct give_value<void> {
  template <class... Ignored>
  void operator()(Ignored&&...) {}
};
template <class T>
struct give_failure {
  explicit give_failure(error kept) : reason(std::move(kept)) {}
  template <class... Ignored>
  T operator()(Ignored&&...) {
    reason.raise();
  }
  error reason;
};

template <class Access, class Work>
auto finally(promise_ref<typename Access::value_type> source, Work work) {
  using T = typename Access::value_type;
  loop& owner = source->owner();
  const auto shared = make_recycled<Work>(std::move(work));
  auto on_value = [&owner, shared](auto&&... value) {
    return run_before(owner, shared, give_value<T>(std::forward<decltype(value)>(value)...));
  };
  auto on_error = [&owner, shared](const error& reason) {
    return run_before(owner, shared, give_failure<T>(reason));
  };
  return react<Access>(std::move(source), std::move(on_value), std::move(on_error));
}

}  // namespace trireme::detail

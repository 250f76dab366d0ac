#pragma once
#include <functional>
#include <optional>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/pool_core.hpp>
#include <trireme/actors/detail/pool_job.hpp>
#include <trireme/actors/detail/progress_channel.hpp>
#include <trireme/actors/progress.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace trireme::actors::detail {

/// A function with its arguments, as they travel. `First` is what the function may take before them.
template <class First, class Function, class... Arguments>
class call {
public:
  static constexpr bool takes_first = std::is_invocable_v<Function&, First&, Arguments...>;
  static_assert(takes_first || std::is_invocable_v<Function&, Arguments...>,
                "trireme: the function cannot be called with these arguments: each is moved in, as a value.");

private:
  template <bool, class = void>
  struct outcome {
    using type = std::invoke_result_t<Function&, First&, Arguments...>;
  };
  template <class Unused>
  struct outcome<false, Unused> {
    using type = std::invoke_result_t<Function&, Arguments...>;
  };

public:
  using result_type = typename outcome<takes_first>::type;
  static_assert(all_cross<Function, Arguments..., result_type>());

  template <class GivenFunction, class... GivenArguments>
  explicit call(std::in_place_t, GivenFunction&& function, GivenArguments&&... arguments)
      : function_(std::forward<GivenFunction>(function)),
        arguments_(std::forward<GivenArguments>(arguments)...) {}

  result_type operator()(First& first) {
    return std::apply(
        [&](Arguments&... arguments) -> result_type {
          if constexpr (takes_first) {
            return std::invoke(function_, first, std::move(arguments)...);
          } else {
            return std::invoke(function_, std::move(arguments)...);
          }
        },
        arguments_);
  }

private:
  Function function_;
  std::tuple<Arguments...> arguments_;
};

template <class First, class Function, class... Arguments>
using call_of = call<First, std::decay_t<Function>, std::decay_t<Arguments>...>;

/// Answers through a promise.
template <class R>
class promise_answer {
public:
  explicit promise_answer(resolver<R> settle) noexcept : settle_(std::move(settle)) {}
  void deliver(result<R>& outcome) {
    if (!outcome) return settle_.reject(outcome.error());
    if constexpr (std::is_void_v<R>) {
      settle_.resolve();
    } else {
      settle_.resolve(std::move(*outcome));
    }
  }
  void deliver_soon(loop&, const error& failure) { settle_.reject(failure); }

private:
  resolver<R> settle_;
};

/// Answers through an error-first callback.
template <class R, class Callback>
class callback_answer {
public:
  static_assert(std::is_void_v<R>
                    ? std::is_invocable_v<Callback&, error>
                    : std::is_invocable_v<Callback&, error, std::conditional_t<std::is_void_v<R>, int, R>>,
                "trireme: the callback takes an error, then the job's result unless that is void.");

  explicit callback_answer(Callback callback) : callback_(std::move(callback)) {}
  void deliver(result<R>& outcome) {
    if constexpr (std::is_void_v<R>) {
      callback_(outcome.error());
    } else {
      static_assert(
          std::is_default_constructible_v<R>,
          "trireme: an error-first callback needs a result that can be made without a job: use `run`.");
      if (outcome) {
        callback_(error(), std::move(*outcome));
      } else {
        callback_(outcome.error(), R());
      }
    }
  }
  void deliver_soon(loop& owner, const error& failure) {
    owner.next_tick([answer = std::move(*this), failure]() mutable {
      result<R> outcome(failure);
      answer.deliver(outcome);
    });
  }

private:
  Callback callback_;
};

/// A job whose function and receiver are known. What came of the function lies where the function lay.
template <class First, class Call, class Answer>
class typed_job : public pool_job {
public:
  using result_type = typename Call::result_type;

  template <class... Parts>
  explicit typed_job(Answer answer, Parts&&... parts)
      : work_(std::in_place_index<1>, std::in_place, std::forward<Parts>(parts)...),
        answer_(std::move(answer)) {
    static_assert(alignof(Call) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "trireme: over-aligned values travel behind a unique_ptr.");
  }

protected:
  explicit typed_job(typed_job& from)
      : work_(std::in_place_index<1>, std::move(std::get<1>(from.work_))), answer_(std::move(from.answer_)) {}
  virtual First& first() noexcept = 0;
  Answer& receiver() noexcept { return answer_; }

private:
  void perform() noexcept final {
    Call& function = std::get<1>(work_);
    try {
      if constexpr (std::is_void_v<result_type>) {
        function(first());
        work_.template emplace<2>();
      } else {
        work_.template emplace<2>(function(first()));
      }
    } catch (...) {
      work_.template emplace<2>(error::from(std::current_exception()));
    }
  }
  void discard() noexcept final { work_.template emplace<0>(); }
  void answer() final { answer_.deliver(std::get<2>(work_)); }
  void answer_error(const error& failure) final {
    work_.template emplace<2>(failure);
    answer();
  }
  void answer_error_soon(loop& owner, const error& failure) final { answer_.deliver_soon(owner, failure); }

  std::variant<std::monostate, Call, result<result_type>> work_;
  Answer answer_;  // last: the worker leaves it where it is
};

template <class Call, class Answer>
class plain_job final : public typed_job<job_context, Call, Answer> {
  using base = typed_job<job_context, Call, Answer>;

public:
  template <class... Parts>
  plain_job(pool_core&, Answer answer, Parts&&... parts)
      : base(std::move(answer), std::forward<Parts>(parts)...) {}

private:
  explicit plain_job(plain_job& from) : base(from) {}
  std::unique_ptr<pool_job> move_away() noexcept override {
    return std::unique_ptr<pool_job>(new plain_job(*this));
  }
  job_context& first() noexcept override { return this->control_; }
};

template <class P, class Call, class Answer, class OnProgress>
class progress_job final : public typed_job<progress<P>, Call, Answer>, progress_sink<P> {
  using base = typed_job<progress<P>, Call, Answer>;

public:
  template <class... Parts>
  progress_job(pool_core& pool, OnProgress on_progress, Answer answer, Parts&&... parts)
      : base(std::move(answer), std::forward<Parts>(parts)...),
        channel_(pool),
        on_progress_(std::move(on_progress)),
        progress_(progress_sink<P>::open(this->control_, *this)) {}

private:
  explicit progress_job(progress_job& from)
      : base(from),
        channel_(from.channel_.owner()),
        on_progress_(std::move(from.on_progress_)),
        progress_(progress_sink<P>::open(this->control_, *this)) {}
  std::unique_ptr<pool_job> move_away() noexcept override {
    return std::unique_ptr<pool_job>(new progress_job(*this));
  }

  struct message final : arrival {
    message(progress_job& sender, P content) : sender_(sender), content_(std::move(content)) {}
    void run() override { sender_.read(content_); }
    const context_ptr& context() const noexcept override { return sender_.context(); }
    progress_job& sender_;  // comes back behind its messages
    P content_;
  };

  progress<P>& first() noexcept override { return progress_; }
  posting send(P content) override {
    std::unique_ptr<trireme::detail::job> made(new message(*this, std::move(content)));
    if (!channel_.acquire()) return posting::closed;
    channel_.push(std::move(made));
    ++this->sent_;
    return posting::posted;
  }
  // Moving a message may throw: then it has arrived all the same.
  void read(P& content) {
    ++this->arrived_;
    if constexpr (requires { on_progress_.pulls(channel_); }) {
      on_progress_.pulls(channel_);  // who reads says when there is room again
    } else {
      channel_.release();
    }
    if (!this->stopped()) on_progress_(std::move(content));
  }
  void stopped_while_running() noexcept override { channel_.stop(); }

  progress_channel channel_;
  OnProgress on_progress_;
  progress<P> progress_;
};

}  // namespace trireme::actors::detail

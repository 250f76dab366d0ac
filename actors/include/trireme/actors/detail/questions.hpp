#pragma once
#include <memory>
#include <optional>
#include <trireme/actors/detail/actor_messages.hpp>
#include <trireme/actors/detail/cell.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/loop.hpp>
#include <utility>

namespace trireme::actors::detail {

class system_core;

/// A question of the loop's: it goes to the actor with the message and comes home with the answer, always;
/// where that is after the deadline, nobody listens any more.
class loop_question : public envelope, public stop_watch {
public:
  /// Loop: gives up after `at_most`, at the context's deadline, or when the context is stopped.
  void start(duration at_most);
  void refuse(std::unique_ptr<envelope> self, const error& why) noexcept final;

protected:
  loop_question(const address& to, system_core& asker);
  virtual void settle() = 0;                              // loop: with what came home
  virtual void settle_soon(const error& why) = 0;         // loop: in a callback of its own
  virtual void keep(const error& why) noexcept = 0;       // worker
  void go_home(std::unique_ptr<envelope> self) noexcept;  // worker

private:
  void run() final;
  void on_stop(const error& reason) final { give_up(reason); }
  void give_up(const error& why);
  void close() noexcept;

  loop& loop_;
  counter& late_;
  const std::shared_ptr<trireme::detail::inbox> home_;
  pending_work work_;
  timer deadline_;
  bool settled_ = false;
  bool refused_ = false;  // the worker's, until it goes home
};

template <class A, class M>
class typed_loop_question final : public loop_question {
public:
  using reply = reply_to<A, M>;

  typed_loop_question(const address& to, system_core& asker, completion<reply> done, M&& message)
      : loop_question(to, asker), done_(std::move(done)), message_(std::move(message)) {}

  void deliver(std::unique_ptr<envelope> self, cell& actor) override {
    struct homing {
      ~homing() {
        question.message_.reset();
        question.go_home(std::move(self));
      }
      typed_loop_question& question;
      std::unique_ptr<envelope> self;
    } at_end{*this, std::move(self)};
    try {
      answer_.emplace(answer_of(static_cast<A&>(actor), std::move(*message_)));
    } catch (...) {
      answer_.emplace(error::from(std::current_exception()));
      throw;
    }
  }
  const std::type_info& content() const noexcept override { return typeid(M); }

private:
  void keep(const error& why) noexcept override {
    message_.reset();
    answer_.emplace(why);
  }
  void settle() override {
    if (!*answer_) return done_.reject(answer_->error());
    if constexpr (std::is_void_v<reply>) {
      done_.resolve();
    } else {
      done_.resolve(*std::move(*answer_));
    }
  }
  void settle_soon(const error& why) override {
    done_.owner().next_tick([done = std::move(done_), why]() mutable { done.reject(why); });
  }

  completion<reply> done_;
  std::optional<M> message_;
  std::optional<result<reply>> answer_;
};

/// The answer to an actor's question, on its way back.
template <class R>
class answered final : public envelope {
public:
  static_assert(alignof(result<R>) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                "trireme: over-aligned values travel behind a unique_ptr.");
  answered(const address& to, std::uint64_t question, result<R> answer)
      : envelope(to), question_(question), answer_(std::move(answer)) {}
  void deliver(std::unique_ptr<envelope>, cell& asker) override {
    const std::unique_ptr<pending_question> asked = asker.take_question(question_);
    if (!asked) return asker.answer_came_late(content());
    static_cast<typed_pending_question<R>&>(*asked).handler(std::move(answer_));
  }
  const std::type_info& content() const noexcept override { return typeid(result<R>); }

private:
  std::uint64_t question_;
  result<R> answer_;
};

/// A question of another actor's.
template <class A, class M>
class actor_question final : public envelope {
public:
  using reply = reply_to<A, M>;

  actor_question(const address& to, const address& asker, std::uint64_t question, M&& message)
      : envelope(to), asker_(asker), question_(question), message_(std::move(message)) {}

  void deliver(std::unique_ptr<envelope>, cell& actor) override {
    try {
      answer(answer_of(static_cast<A&>(actor), std::move(message_)));
    } catch (...) {
      answer(result<reply>(error::from(std::current_exception())));
      throw;
    }
  }
  void refuse(std::unique_ptr<envelope>, const error& why) noexcept override { answer(result<reply>(why)); }
  const std::type_info& content() const noexcept override { return typeid(M); }

private:
  void answer(result<reply> outcome) noexcept {
    post_control(std::make_unique<answered<reply>>(asker_, question_, std::move(outcome)));
  }

  address asker_;
  std::uint64_t question_;
  M message_;
};

}  // namespace trireme::actors::detail

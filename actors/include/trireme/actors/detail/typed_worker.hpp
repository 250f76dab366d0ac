#pragma once
#include <deque>
#include <memory>
#include <trireme/actors/detail/carried.hpp>
#include <trireme/actors/detail/worker_core.hpp>
#include <trireme/actors/worker_port.hpp>
#include <trireme/core/detail/recycler.hpp>

namespace trireme::actors::detail {

template <class In, class Out>
class typed_worker final : public worker_core {
public:
  using port = worker_port<Out, In>;
  using body = unique_function<void(port&)>;

  typed_worker(loop& owner, body work, const worker_options& options)
      : worker_core(owner, options), port_(*this), body_(std::move(work)) {}

  posting post_in(In&& message) const {
    auto made = std::unique_ptr<to_worker>(new to_worker(*this, std::move(message)));
    return post_or_give_back(message, std::move(made), [this](auto& job) { return post_to_worker(job); });
  }
  posting post_out(Out&& message) const {
    auto made = std::unique_ptr<to_loop>(new to_loop(*this, std::move(message)));
    return post_or_give_back(message, std::move(made), [this](auto& job) { return post_to_loop(job); });
  }

  /// Worker.
  void listen(unique_function<void(In)> handler) { on_in_.set(std::move(handler)); }
  /// Loop. Messages that came before the first handler are kept for it.
  void on_message(unique_function<void(Out)> handler) {
    on_out_.set(owner(), std::move(handler));
    if (on_out_ && !held_.empty()) read_held_soon();
  }

private:
  struct to_worker final : trireme::detail::job, trireme::detail::recycled {
    static_assert(alignof(In) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "trireme: over-aligned values travel behind a unique_ptr.");
    to_worker(const typed_worker& target, In&& message)
        : target_(const_cast<typed_worker&>(target)), content(std::move(message)) {}
    void run() override { target_.on_in_(std::move(content)); }
    typed_worker& target_;  // owns the mailbox that this lies in
    In content;
  };
  struct to_loop final : trireme::detail::job, trireme::detail::recycled {
    static_assert(alignof(Out) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "trireme: over-aligned values travel behind a unique_ptr.");
    to_loop(const typed_worker& source, Out&& message)
        : source_(const_cast<typed_worker&>(source)), content(std::move(message)) {}
    void run() override { source_.arrived(content); }
    typed_worker& source_;  // its exit comes after all of its messages, and keeps it until then
    Out content;
  };

  // Moving a message may throw: then it has been read all the same.
  void arrived(Out& message) {
    if (this->attached() && (!on_out_ || !held_.empty())) return hold(message);
    this->one_was_read();
    if (this->attached()) on_out_.call(owner(), std::move(message));
  }
  void hold(Out& message) {
    try {
      held_.push_back(std::move(message));
    } catch (...) {
      this->one_was_read();
      throw;
    }
  }
  void read_held_soon() {
    auto self = std::static_pointer_cast<typed_worker>(this->shared_from_this());
    owner().set_immediate([self = std::move(self)] { self->read_held(); });
  }
  void read_held() {
    if (!this->attached() || held_.empty() || !on_out_) return;
    on_out_.call(owner(), next_held());
  }
  Out next_held() {
    struct leaves {
      ~leaves() {
        self.held_.pop_front();
        self.one_was_read();
        if (!self.held_.empty()) self.read_held_soon();
      }
      typed_worker& self;
    } const at_end{*this};
    return std::move(held_.front());
  }

  void set_up() override { body_(port_); }
  bool listens() const override { return static_cast<bool>(on_in_); }
  bool reads() const override { return static_cast<bool>(on_out_); }
  std::size_t held() const override { return held_.size(); }
  void tear_down() noexcept override {
    on_in_.set(nullptr);
    body_.reset();
  }

  // The worker's thread.
  port port_;
  body body_;
  handler_slot<In> on_in_;

  // The loop's thread.
  loop_handler<Out> on_out_;
  std::deque<Out> held_;
};

}  // namespace trireme::actors::detail

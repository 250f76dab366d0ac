#pragma once
#include <memory>
#include <trireme/actors/detail/carried.hpp>
#include <trireme/actors/detail/handler_slot.hpp>
#include <trireme/actors/detail/home.hpp>
#include <trireme/actors/detail/port_end.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/loop.hpp>

namespace trireme::actors::detail {

class listener;

/// Has a listener look into its port, at its home.
struct notice final : trireme::detail::job, trireme::detail::recycled {
  explicit notice(std::shared_ptr<listener> whose) noexcept : whom(std::move(whose)) {}
  void run() override;
  static void send(std::unique_ptr<notice> sent) noexcept;  // any thread
  std::shared_ptr<listener> whom;
};

/// The handlers of a port where they were set, until they are dropped: from then on it calls nobody.
///
/// Thread: its home's. Notices carry it through other threads, which do not touch it. Lifetime: shared by the
/// port and the notice.
class listener : public trireme::detail::kept_work, public std::enable_shared_from_this<listener> {
public:
  /// At the home of who calls; there must be one.
  explicit listener(std::shared_ptr<port_end> from);
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  virtual ~listener() = default;

  bool active() const noexcept { return active_; }
  bool is_here() const noexcept { return home_->is_here(); }
  const std::shared_ptr<home>& at() const noexcept { return home_; }

  void on_close(callback handler);
  /// Whether messages keep the home going, while somebody takes them.
  void hold(bool wanted) noexcept;
  /// Looks into the port soon, never from within this call.
  void look() noexcept;
  /// Destroys the handlers, but one that is being called only when it returns.
  void drop() noexcept final;
  /// What a notice does: reads, and leaves a notice where there is nothing more.
  void run();

protected:
  /// Takes messages from now on, or no longer, under the context that is current.
  void reads(bool whether);
  virtual void deliver(trireme::detail::job& message) = 0;
  virtual void forget() noexcept = 0;

private:
  template <class Work>
  void call(const context_ptr& context, Work&& work);
  context_ptr current_context() const;
  std::unique_ptr<notice> make_notice() { return std::make_unique<notice>(shared_from_this()); }
  bool read_one();
  port_end::message next();
  void rest();
  void finish();
  void update_hold() noexcept;

  const std::shared_ptr<port_end> from_;
  const std::shared_ptr<home> home_;
  loop* const loop_;  // null on a worker
  context_ptr message_context_;
  context_ptr close_context_;
  callback on_close_;
  bool active_ = true;
  bool reads_ = false;
  bool wanted_ = true;
  bool holds_ = false;
};

template <class In>
class typed_listener final : public listener {
public:
  using listener::listener;
  void on_message(unique_function<void(In)> handler) {
    const bool whether = static_cast<bool>(handler);
    handler_.set(std::move(handler));
    reads(whether);
  }

private:
  void deliver(trireme::detail::job& message) override {
    handler_(std::move(static_cast<carried<In>&>(message).content));
  }
  void forget() noexcept override { handler_.set(nullptr); }

  handler_slot<In> handler_;
};

}  // namespace trireme::actors::detail

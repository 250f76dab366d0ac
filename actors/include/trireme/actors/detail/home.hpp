#pragma once
#include <memory>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/loop.hpp>

namespace trireme::actors::detail {

/// Where handlers run: a loop or a worker. All that a listening port knows of either.
///
/// Thread: `notify` from any, the rest its own. Lifetime: shared; outlives the loop or worker and then takes
/// no more notices.
class home : public std::enable_shared_from_this<home> {
public:
  home() = default;
  home(const home&) = delete;
  home& operator=(const home&) = delete;
  virtual ~home() = default;

  /// Runs the notice as a piece of work of its own: control, past every limit. Where loop or worker has gone
  /// it is destroyed.
  virtual void notify(std::unique_ptr<trireme::detail::job> notice) noexcept = 0;

  /// Whether the caller is what lives here.
  virtual bool is_here() const noexcept = 0;
  /// Null where it is a worker's.
  virtual loop* as_loop() const noexcept = 0;
  /// Lists what must be dropped before loop or worker goes.
  virtual void keep(trireme::detail::kept_work& listening) noexcept = 0;
  /// Whether this keeps loop or worker going.
  virtual void ref() noexcept = 0;
  virtual void unref() noexcept = 0;
};

/// A loop's: notices are letters in its inbox.
class loop_home final : public home {
public:
  explicit loop_home(loop& owner);
  void notify(std::unique_ptr<trireme::detail::job> notice) noexcept override;
  bool is_here() const noexcept override;
  loop* as_loop() const noexcept override { return &loop_; }
  void keep(trireme::detail::kept_work& listening) noexcept override;
  void ref() noexcept override;
  void unref() noexcept override;

private:
  loop& loop_;
  const std::shared_ptr<trireme::detail::inbox> inbox_;
};

/// That of the code that runs now: the worker's within a worker, else that of this thread's loop; null where
/// there is neither.
std::shared_ptr<home> this_home();

/// While it lives, code runs at `which`: what a worker's body and handlers are called under. A thread of its
/// own is not enough, for a test may step workers on the loop's.
class at_home {
public:
  explicit at_home(home& which) noexcept;
  at_home(const at_home&) = delete;
  at_home& operator=(const at_home&) = delete;
  ~at_home();

  /// Null outside of workers.
  static home* current() noexcept;

private:
  home* const outer_;
};

}  // namespace trireme::actors::detail

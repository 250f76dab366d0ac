#pragma once
#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <trireme/actors/dead_letters.hpp>
#include <trireme/actors/detail/actor_worker.hpp>
#include <trireme/actors/detail/handler_slot.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/polling.hpp>
#include <vector>

namespace trireme::actors {

class any_ref;

/// How an actor system is made.
struct actor_system_options {
  actor_system_options() {}
  /// Threads; each actor lives on one of them.
  std::size_t workers = 1;
  /// How many messages an actor may take before the next has its turn.
  std::size_t turn_budget = 64;
  /// How many messages may wait in a mailbox; `tell` answers `full` beyond. A stop, answers and timers are
  /// not bound by it.
  std::size_t mailbox_limit = 1'024;
  /// How long a thread looks for messages before it sleeps.
  trireme::polling polling;
  /// Threads are called name/0, name/1, ...
  std::string name = "actors";
  /// Where the workers run; null means threads. Outlives the system.
  worker_host* host = nullptr;
};

/// How one actor is made.
struct spawn_options {
  spawn_options() {}
  /// Which worker it lives on, modulo their number; by default they take turns.
  std::size_t worker = ~std::size_t{0};
  /// How many messages may wait in its mailbox; 0: as the system says.
  std::size_t mailbox_limit = 0;
};

namespace detail {

/// What an actor system's workers share with its loop. Outlives them, and what they have sent home.
class system_core : public std::enable_shared_from_this<system_core> {
public:
  system_core(loop& owner, const actor_system_options& options);
  system_core(const system_core&) = delete;
  system_core& operator=(const system_core&) = delete;
  ~system_core();

  // Constant after construction.
  loop& owner() const noexcept { return loop_; }
  const std::shared_ptr<trireme::detail::inbox>& inbox() const noexcept { return inbox_; }
  std::size_t turn_budget() const noexcept { return turn_budget_; }
  std::size_t mailbox_limit() const noexcept { return mailbox_limit_; }
  /// Whether workers are threads; else they are stepped on the loop's.
  bool threaded() const noexcept { return threaded_; }
  clock& time() const noexcept { return time_; }

  // Any thread.
  counter& count_of(dead_letter_reason why) const noexcept { return *counts_[static_cast<std::size_t>(why)]; }
  std::atomic<std::size_t>& alive() noexcept { return alive_; }
  counter& restarts() const noexcept { return restarts_; }

  // Worker.
  void bring_dead_letters(std::vector<dead_letter> samples);
  bool report_may_go() noexcept { return !report_under_way_.exchange(true); }
  bool report_under_way() const noexcept { return report_under_way_.load(); }
  void bring_failure(const address& which, const exit_reason& why);
  void bring_end() noexcept;

  // Loop.
  void start(worker_host& host, const actor_system_options& options);
  /// Nobody where the system is stopping.
  address reserve(const spawn_options& options);
  void stop() noexcept;
  void detach() noexcept;
  void stopped(completion<void> done);
  dead_letter_report dead_letters();
  void on_dead_letter(unique_function<void(const dead_letter&)> handler) {
    on_dead_letter_.set(loop_, std::move(handler));
  }
  void on_failure(unique_function<void(const any_ref&, const exit_reason&)> handler) {
    on_failure_.set(loop_, std::move(handler));
  }

private:
  struct letters_job;
  struct failure_job;
  struct end_job;
  void send_home(std::unique_ptr<trireme::detail::job> work) noexcept;
  void letters_came(const std::vector<dead_letter>& samples);
  void failure_came(const address& which, const exit_reason& why);
  void worker_ended();
  void count_closed() noexcept;
  void join() noexcept;

  loop& loop_;
  const std::shared_ptr<trireme::detail::inbox> inbox_;
  const std::size_t turn_budget_;
  const std::size_t mailbox_limit_;
  const bool threaded_;
  clock& time_;
  std::array<counter*, 5> counts_;
  counter& restarts_;

  std::atomic<std::size_t> alive_{0};
  std::atomic<bool> report_under_way_{false};  // pairs with the bells: the letters travel through the inbox

  // The loop's.
  std::size_t next_worker_ = 0;
  std::size_t running_ = 0;
  bool stopping_ = false;
  bool attached_ = true;
  pending_work work_;
  std::vector<completion<void>> stopped_;
  std::deque<dead_letter> last_letters_;
  std::vector<std::int64_t> closed_seen_;
  loop_handler<const dead_letter&> on_dead_letter_;
  loop_handler<const any_ref&, const exit_reason&> on_failure_;

  std::vector<std::unique_ptr<actor_worker>> workers_;  // last: they use all of the above
};

}  // namespace detail
}  // namespace trireme::actors

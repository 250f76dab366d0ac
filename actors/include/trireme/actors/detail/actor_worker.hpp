#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <trireme/actors/dead_letters.hpp>
#include <trireme/actors/detail/birth.hpp>
#include <trireme/actors/detail/cell.hpp>
#include <trireme/actors/detail/post_office.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/detail/spinner.hpp>
#include <trireme/core/detail/timer_queue.hpp>
#include <trireme/core/timer.hpp>

namespace trireme::actors::detail {

class system_core;

/// One thread of an actor system: takes letters, control first, and gives each actor that has mail its turn.
///
/// Thread: the worker's, but for what says otherwise. Order: a step takes up to 256 messages and all control
/// that other threads have sent, fires timers, delivers all control, then lets one actor have its turn.
class actor_worker final : public worker_body {
public:
  actor_worker(system_core& owner, polling how);
  actor_worker(const actor_worker&) = delete;
  actor_worker& operator=(const actor_worker&) = delete;
  ~actor_worker();  // loop: asks it to stop, and waits

  // Loop.
  void start(worker_host& host, const std::string& name);
  void request_stop() noexcept;
  void join() noexcept { run_.reset(); }
  post_office& office() noexcept { return office_; }

  /// The worker that the calling thread is; null elsewhere.
  static actor_worker* here() noexcept;

  system_core& owner() const noexcept { return owner_; }
  bool ending() const noexcept { return ended_; }
  /// A place for an actor that is about to be born here.
  address reserve(std::size_t limit);
  /// Makes an actor. It will have ended already where its constructor throws.
  void bear(std::unique_ptr<birth> what);
  /// Called by the cell that is being made, and by the one that goes.
  slot& claim_cradle(cell& born) noexcept;
  void forget(cell& gone) noexcept;
  /// For which a place was taken.
  void enqueue(std::unique_ptr<envelope> message);
  /// Takes the message only where the actor lives.
  bool enqueue_control(std::unique_ptr<envelope>& message) noexcept;
  /// Ends an actor now, from another's code.
  void finish(cell& actor, const exit_reason& why);

  // A supervisor's. Between two lives of a child its place, its mail and those who know it are kept.
  address reserve_for_child(const address& supervisor, std::uint64_t child);
  void vacate(cell& actor, const exit_reason& why);
  /// Makes the next life; what it returns has ended it already.
  std::optional<exit_reason> revive(std::unique_ptr<birth> what);

  /// Ends the actor whose code runs, when that returns.
  void end_current(exit_reason why) noexcept;
  void note_dead(dead_letter_reason why, const std::type_info& type, const address& to) noexcept;

  time_point now() { return time_.now(); }
  /// Of a question or monitor: another one for each life of an actor, too.
  std::uint64_t next_number() noexcept { return ++last_number_; }
  std::uint64_t arm(duration delay, cell& whose, std::unique_ptr<envelope> letter, bool control);
  void disarm(std::uint64_t timer) noexcept;

  void begin() override {}
  bool step() override;
  void wait() noexcept override;
  bool finished() const noexcept override { return stop_.load(); }
  void end() noexcept override;

private:
  class as_here;
  class interlude;

  bool fetch();
  bool fetch_control();
  bool fire_timers();
  bool deliver_control();
  bool give_turn();
  void take_turn(cell& actor);
  void deliver_one(cell& actor);
  void make_ready(cell& actor) noexcept;
  template <class Work>
  void run_as(cell& actor, Work&& work);
  cell* make(std::unique_ptr<birth> what, std::optional<exit_reason>& why);
  cell& make_vacancy(slot& place);
  void say_goodbye(cell& actor, const exit_reason& why);
  void ended(cell& actor, const exit_reason& why);
  /// The supervisor above it that has none itself, or the actor.
  static cell& topmost(cell& actor) noexcept;
  void leave(slot& place) noexcept;
  void clear(const address& which, const exit_reason& why);
  void destroy(cell& actor);
  void bury(std::unique_ptr<envelope> message, dead_letter_reason why) noexcept;
  void report_dead_letters();
  void finish_all(slot_shelf& shelf);
  void drain_office() noexcept;
  void set_alarm();

  system_core& owner_;
  post_office& office_;
  clock& time_;
  trireme::detail::spinner looking_;
  std::atomic<bool> stop_{false};  // pairs with the bell

  trireme::detail::list<cell::queue_link> ready_;
  envelope_list control_;
  std::array<std::unique_ptr<trireme::detail::job>, 256> arrived_;  // taken out of the office in one go
  trireme::detail::timer_queue timers_;
  slot* cradle_ = nullptr;           // of the actor that is being made
  std::unique_ptr<relations> left_;  // by the one that went last
  cell* running_ = nullptr;
  std::optional<exit_reason> ending_;  // of the running one
  bool ended_ = false;
  std::uint64_t last_number_ = 0;
  std::array<dead_letter, 32> samples_;
  std::size_t sampled_ = 0;

  // Where steps run on the loop's thread: what turns the loop when the next timer is due.
  timer alarm_;
  std::optional<time_point> alarm_at_;

  std::unique_ptr<worker_run> run_;  // the loop's
};

}  // namespace trireme::actors::detail

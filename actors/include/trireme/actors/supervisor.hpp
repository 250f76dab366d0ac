#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/detail/birth.hpp>
#include <trireme/core/clock.hpp>
#include <trireme/core/unique_function.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace trireme::actors {

/// Whether a child that has ended is made again.
enum class restart {
  always,      ///< whatever the reason
  on_failure,  ///< where it failed
  never,
};

/// Which children are made again when one is.
enum class strategy {
  one_for_one,   ///< that one
  one_for_all,   ///< all: the others are stopped first, the youngest first
  rest_for_one,  ///< that one, and those that were started after it
};

/// How a supervisor is made. Source: https://www.erlang.org/doc/system/sup_princ.html
struct supervisor_options {
  supervisor_options() {}
  /// For logs.
  std::string name = "supervisor";
  strategy how = strategy::one_for_one;
  /// More restarts than this within that time, and the supervisor gives up. Counted for each child where one
  /// stands for itself, else for all of them.
  std::size_t restarts = 3;
  duration within = std::chrono::seconds(5);
  /// How long the first restart within that time waits, and by how much longer each next one, up to a limit.
  duration first_delay = std::chrono::milliseconds(10);
  double delay_factor = 2;
  duration longest_delay = std::chrono::seconds(5);
  /// By which part of itself each delay is made longer or shorter, at random: by a generator of this seed.
  double jitter = 0.1;
  std::uint64_t seed = 1;
};

/// A child of a supervisor: how it is made, again and again. Crosses.
class child {
public:
  child() = default;
  /// Each life is an `A` of copies of the arguments.
  template <class A, class... Arguments>
  static child of(std::string name, restart when, Arguments... arguments) {
    static_assert((std::is_copy_constructible_v<Arguments> && ...),
                  "trireme: a child's arguments are copied for each of its lives.");
    child made;
    made.name_ = std::move(name);
    made.when_ = when;
    made.birth_ = [arguments = std::tuple<Arguments...>(std::move(arguments)...)](const detail::address& at) {
      return std::apply(
          [&](const Arguments&... given) -> std::unique_ptr<detail::birth> {
            return std::make_unique<detail::typed_birth<A, Arguments...>>(at, Arguments(given)...);
          },
          arguments);
    };
    return made;
  }
  const std::string& name() const noexcept { return name_; }

private:
  friend class supervisor;
  std::string name_;
  restart when_ = restart::never;
  unique_function<std::unique_ptr<detail::birth>(const detail::address&)> birth_;
};

/// An actor that makes others, and makes them again when they end. Tell or ask it a `child`: the answer names
/// the new actor, and goes on naming it in all its lives. A restart takes the message that the child failed
/// at, and its state; what waits in its mailbox stays, as do those who link to it or monitor it: to them the
/// child ends only when it is not made again. The answers to what a former life asked are dead letters, and
/// of links that end while it waits for its next life a child does not hear.
///
/// Thread: as any actor; children live on its worker. Errors: where children fail more often than
/// `supervisor_options::restarts` allows it ends with `failed`. Every restart is a warning in the log, and
/// counts as "actors.restarts". Order: when it ends, be it with the system, its children end with `stopped`,
/// the youngest first.
class supervisor : public actor<supervisor> {
public:
  explicit supervisor(supervisor_options options = {});

  any_ref on(child what);
  void on_exit(const exit_reason&) override;
  void on_child_ended(std::uint64_t number, const exit_reason& why) override;

private:
  struct entry {
    child what;
    detail::address place;
    std::uint64_t number = 0;
    std::uint64_t round = 0;  // the restart that it waits for; 0: none
    std::deque<time_point> restarts;
  };

  entry* find(std::uint64_t number) noexcept;
  void forget(std::uint64_t number);
  void end_child(entry& which, const exit_reason& why);
  void say(const entry& of, const char* what, const exit_reason& why) const;
  bool affected(const entry& by, const entry& other) const noexcept;
  void restart_soon(entry& failed, const exit_reason& why);
  void take_along(const entry& failed, std::uint64_t round);
  entry* next_of(std::uint64_t round) noexcept;
  void restart_now(std::uint64_t round);
  bool allowed(std::deque<time_point>& restarts);
  duration delay_of(std::size_t restarts_in_row);
  void give_up(const entry& last, const exit_reason& why);

  const supervisor_options options_;
  std::vector<std::unique_ptr<entry>> children_;  // in the order in which they were started
  std::deque<time_point> restarts_;               // of all of them together
  std::uint64_t last_number_ = 0;
  std::uint64_t last_round_ = 0;
  std::uint64_t random_;
  bool gave_up_ = false;
};

}  // namespace trireme::actors

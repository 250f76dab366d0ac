#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/schedule.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

#include "actor_book.hpp"

// Actors that do what a seed says, and write into the book what they do and hear.

namespace trireme::actors::by_a_seed {

using testing::schedule;
using testing::test_loop;
using namespace std::chrono_literals;
using number = book::number;

struct word {
  number from = 0;
  std::size_t which = 0;
};
struct riddle {
  word said;
  number which = 0;
};
struct nudge {
  number which = 0;
};

class member;

/// What the loop and all actors share: it is one thread's.
class world {
public:
  explicit world(std::uint64_t seed);
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world() {
    system.reset();  // its actors are at home here
    here = nullptr;
  }
  void run();

  /// The one that the actors of the running test live in.
  static inline world* here = nullptr;

  time_point now() { return loop.time().now(); }
  number anybody() { return 1 + pick(members.size() - 1); }
  number number_of(const any_ref& which) const;
  std::size_t pick(std::size_t choices) { return order.pick(choices); }
  /// Whether there is still something to be done; else all comes to rest.
  bool goes_on() { return budget > 0 && budget-- > 0; }

  void tell(number from, number to);
  /// What an ask must say at once; none where that is open.
  std::optional<posting> would_say(number to);
  number ask(number from, number to, posting outcome, duration at_most);

  test_loop loop;
  manual_host host;
  schedule order;
  book notes;
  std::vector<actor_ref<member>> members = std::vector<actor_ref<member>>(1);  // the loop is none
  int living = 0;
  int budget = 300;
  const std::size_t limit = 1 + pick(8);  // of a mailbox
  const bool reminds = pick(2) == 0;
  std::optional<actor_system> system;

private:
  void make_a_move();
  void spawn();
  void stop_one();
  void ask_one();
  void check_counts();
  void end();
};

class member : public actor<member> {
public:
  member(number own, bool fails) : own_(own) {
    ++shared().living;
    if (!fails) return;
    --shared().living;
    shared().notes.ended(own_, exit_reason::failed(errc::canceled));
    throw std::runtime_error("stillborn");
  }
  ~member() override { --shared().living; }

  void on(word said) {
    shared().notes.heard(own_, said.from, said.which);
    act();
  }
  number on(riddle asked) {
    shared().notes.heard(own_, asked.said.from, asked.said.which);
    shared().notes.questions[asked.which].handled = true;
    act();
    return asked.which;
  }
  void on(nudge came) {
    shared().notes.reminded(own_, came.which, shared().now());
    act();
  }
  void on_exit(const exit_reason& why) override { shared().notes.ended(own_, why); }
  void on_link_down(const any_ref& whom, const exit_reason& why) override {
    shared().notes.link_news(own_, shared().number_of(whom));
    if (!shared().notes.lives[own_].traps) actor::on_link_down(whom, why);
  }
  void on_down(actor_monitor which, const exit_reason&) override {
    for (const auto& [watch, note] : watches_) {
      if (watch == which) shared().notes.watch_news(note);
    }
  }

private:
  static world& shared() { return *world::here; }

  void act() {
    world& all = shared();
    if (!all.goes_on()) return;
    const number other = all.anybody();
    switch (all.pick(10)) {
      case 0:
        return end(other);
      case 1:
        return spawn_one();
      case 2:
      case 3:
        return relate(other);
      case 4:
      case 5:
        return ask_other(other);
      case 6:
        return all.pick(4) == 0 ? forget() : remind();
      default:
        return all.tell(own_, other);
    }
  }
  void end(number other) {
    const std::size_t who = shared().pick(4);
    const number ends = who < 2 ? own_ : other;
    shared().notes.lives[ends].ending = true;
    if (who == 0) throw std::runtime_error("broken");
    if (who == 1 || ends == own_) return stop();
    shared().members[other].stop();
  }
  void relate(number other) {
    switch (shared().pick(6)) {
      case 0:
        return untie();
      case 1:
        return look_away();
      case 2:
      case 3:
        return look_at(other);
      default:
        return tie(other);
    }
  }
  void spawn_one() {
    const number made = shared().notes.born(shared().limit, shared().pick(2) == 0);
    shared().members.emplace_back();
    shared().members[made] = spawn<member>(made, shared().pick(8) == 0);
  }
  void tie(number other) {
    book& notes = shared().notes;
    if (other == own_ || !notes.lives[own_].linked.insert(other).second) return;
    notes.lives[other].linked.insert(own_);
    link(shared().members[other]);
    ties_.push_back(other);
  }
  void untie() {
    if (ties_.empty()) return;
    const number other = ties_[shared().pick(ties_.size())];
    book::life& its = shared().notes.lives[own_];
    if (!its.link_news.contains(other)) its.untied.insert(other);
    unlink(shared().members[other]);
  }
  void look_at(number other) {
    watches_.emplace_back(monitor(shared().members[other]), shared().notes.watches.size());
    shared().notes.watches.push_back({own_, other});
  }
  void look_away() {
    if (watches_.empty()) return;
    const auto& [watch, note] = watches_[shared().pick(watches_.size())];
    shared().notes.watches[note].over = true;
    demonitor(watch);
  }
  void ask_other(number other) {
    const auto outcome = shared().would_say(other);
    if (!outcome) return;
    const duration at_most = shared().pick(4) * 1ms;
    const number asked = shared().ask(own_, other, *outcome, at_most);
    const word said{own_, shared().notes.lives[other].said[own_] - (*outcome == posting::posted ? 1 : 0)};
    ask(shared().members[other], riddle{said, asked}, at_most, [asked](result<number> answer) {
      EXPECT_TRUE(!answer || *answer == asked);
      shared().notes.settled(asked, answer ? error() : answer.error(), shared().now());
    });
  }
  void remind() {
    if (!shared().reminds) return;
    const duration delay = shared().pick(5) * 1ms;
    const number made = shared().notes.reminders.size();
    shared().notes.reminders.push_back({own_, now() + delay});
    timers_.emplace_back(after(delay, nudge{made}), made);
  }
  void forget() {
    if (timers_.empty()) return;
    const auto& [timer, note] = timers_[shared().pick(timers_.size())];
    shared().notes.taken_back(note, now());
    cancel(timer);
  }

  const number own_;
  std::vector<number> ties_;
  std::vector<std::pair<actor_monitor, number>> watches_;
  std::vector<std::pair<actor_timer, number>> timers_;
};

}  // namespace trireme::actors::by_a_seed

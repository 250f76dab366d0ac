#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/dead_letters.hpp>
#include <trireme/core/posting.hpp>
#include <vector>

namespace trireme::actors {

/// The sequential specification of actors, for a test that tells it all that it does and all that actors
/// hear: who lives, who has been told what, and what must have become of it. Number 0 is the loop.
class book {
public:
  using number = std::size_t;

  struct life {
    std::size_t limit = 0;
    bool traps = false;   // hears of the end of those it is linked to, and lives on
    bool ending = false;  // was stopped, has stopped itself, or throws: handles nothing from then on
    bool ended = false;
    exit_reason::kind why = exit_reason::kind::normal;
    std::size_t waiting = 0;              // posted and not handled
    std::map<number, std::size_t> said;   // by each sender, so many
    std::map<number, std::size_t> heard;  // of each sender
    std::set<number> linked;
    std::set<number> untied;  // by this one
    std::map<number, int> link_news;
  };
  struct question {
    number asker = 0;
    number to = 0;
    time_point deadline;
    posting outcome = posting::posted;
    bool handled = false;
    bool settled = false;
    bool gave_up = false;
  };
  struct watch {
    number who = 0;
    number whom = 0;
    bool over = false;
    int news = 0;
  };
  struct reminder {
    number whose = 0;
    time_point due;
    bool may_come = true;
    bool must_come = true;
  };

  number born(std::size_t limit, bool traps) {
    lives.emplace_back();
    lives.back().limit = limit;
    lives.back().traps = traps;
    return lives.size() - 1;
  }

  /// What `tell` must say now; where a reminder may lie in the mailbox, it may be either.
  bool allows(number to, posting outcome, time_point now) const {
    const life& its = lives[to];
    if (its.ended) return outcome == posting::closed;
    if (its.waiting >= its.limit) return outcome == posting::full;
    if (outcome == posting::full) return its.waiting + due(to, now) >= its.limit;
    return outcome == posting::posted;
  }
  void said(number from, number to, posting outcome) {
    full += outcome == posting::full;
    closed += outcome == posting::closed;
    if (outcome != posting::posted) return;
    ++posted;
    ++lives[to].waiting;
    ++lives[to].said[from];
  }
  void heard(number to, number from, std::size_t which) {
    life& its = lives[to];
    EXPECT_FALSE(its.ended);
    EXPECT_FALSE(its.ending) << "a stop overtakes what waits";
    EXPECT_EQ(which, its.heard[from]++) << "in order, once, none left out";
    EXPECT_GT(its.waiting--, 0u);
    ++handled;
  }
  void ended(number who, const exit_reason& why) {
    life& its = lives[who];
    EXPECT_FALSE(its.ended) << "once";
    its.ended = true;
    its.why = why.why();
    EXPECT_TRUE(its.ending || its.why != exit_reason::kind::normal);
  }

  void settled(number which, const error& failure, time_point now) {
    question& asked = questions[which];
    EXPECT_FALSE(asked.settled) << "once";
    asked.settled = true;
    if (asked.outcome == posting::full) {
      EXPECT_TRUE(failure == errc::full);
    } else if (failure == errc::timed_out) {
      EXPECT_GE(now, asked.deadline);
      asked.gave_up = true;
    } else if (failure == errc::closed) {
      EXPECT_TRUE(lives[asked.to].ended || ends_);
    } else {
      EXPECT_TRUE(asked.handled) << "who answers has been asked; who throws too";
    }
  }

  void reminded(number whose, number which, time_point now) {
    reminder& its = reminders[which];
    EXPECT_EQ(its.whose, whose);
    EXPECT_TRUE(its.may_come) << "once, and not once it was taken back";
    EXPECT_GE(now, its.due);
    EXPECT_FALSE(lives[whose].ending || lives[whose].ended);
    its.may_come = its.must_come = false;
  }
  void taken_back(number which, time_point now) {
    reminders[which].must_come = false;
    if (reminders[which].due > now) reminders[which].may_come = false;
  }

  void link_news(number who, number of) {
    EXPECT_TRUE(lives[who].linked.contains(of));
    EXPECT_FALSE(lives[who].untied.contains(of));
    EXPECT_TRUE(lives[of].ended);
    EXPECT_EQ(++lives[who].link_news[of], 1);
  }
  void watch_news(number which) {
    watch& its = watches[which];
    EXPECT_FALSE(its.over) << "it was ended";
    EXPECT_TRUE(lives[its.whom].ended);
    EXPECT_EQ(++its.news, 1);
  }

  /// Everything has come to rest: what had to arrive has.
  void check_at_rest() const {
    for (number who = 1; who < lives.size(); ++who) {
      if (!lives[who].ended) check_one_that_lives(who);
    }
    for (const question& each : questions) {
      EXPECT_TRUE(each.settled || (each.asker > 0 && lives[each.asker].ended));
    }
    for (const watch& each : watches) {
      const bool due = !each.over && !lives[each.who].ended && lives[each.whom].ended;
      EXPECT_TRUE(!due || each.news == 1);
    }
    for (const reminder& each : reminders) EXPECT_FALSE(each.must_come && !lives[each.whose].ended);
  }

  /// From here on all end, those too that were not born yet.
  void system_ends() { ends_ = true; }
  void check_loops_questions() const {
    for (const question& each : questions) EXPECT_TRUE(each.settled || each.asker > 0);
  }

  /// Nothing is lost silently: every message was handled, or counted where it was not.
  void check_dead_letters(const dead_letter_report& counted) const {
    EXPECT_EQ(counted.full, full);
    std::uint64_t lost = posted - handled + closed;
    for (const question& each : questions) {
      if (each.asker > 0) lost += !each.settled || each.gave_up;  // its answer came too late, or to nobody
      if (each.asker == 0) lost += each.handled && each.gave_up;
    }
    std::uint64_t perhaps = 0;  // reminders that came due: had they been told already?
    for (const reminder& each : reminders) perhaps += each.may_come && lives[each.whose].ended;
    EXPECT_GE(counted.closed + counted.stopped + counted.late, lost);
    EXPECT_LE(counted.closed + counted.stopped + counted.late, lost + perhaps);
  }

  std::deque<life> lives{1};
  std::deque<question> questions;
  std::deque<watch> watches;
  std::deque<reminder> reminders;
  std::uint64_t posted = 0, handled = 0, full = 0, closed = 0;

private:
  bool ends_ = false;

  std::size_t due(number whose, time_point now) const {
    std::size_t count = 0;
    for (const reminder& each : reminders) count += each.whose == whose && each.may_come && each.due <= now;
    return count;
  }
  void check_one_that_lives(number who) const {
    const life& its = lives[who];
    EXPECT_EQ(its.waiting, 0u);
    EXPECT_FALSE(its.ending);
    for (const number other : its.linked) {
      if (!lives[other].ended || its.untied.contains(other) || lives[other].untied.contains(who)) continue;
      EXPECT_TRUE(its.link_news.contains(other));
      EXPECT_TRUE(its.traps || lives[other].why == exit_reason::kind::normal);
    }
  }
};

}  // namespace trireme::actors

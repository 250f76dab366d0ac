#include <trireme/actors/actor_system.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <trireme/core/testing/for_each_seed.hpp>

#include "actor_world.hpp"

// Actors on up to three workers that tell, ask, stop, link, watch, remind themselves, spawn and fail as a
// seed says, against the specification in actor_book.hpp.

namespace trireme::actors::by_a_seed {

world::world(std::uint64_t seed) : order(seed) {
  here = this;
  actor_system_options how;
  how.host = &host;
  how.workers = 1 + pick(3);
  how.mailbox_limit = limit;
  how.turn_budget = 1 + pick(4);
  system.emplace(loop, how);
  system->on_failure([](const any_ref&, const exit_reason&) {});
  if (pick(2) == 0) order.let_time_pass(1ms);
  for (int each = 0; each < 4; ++each) spawn();
}

number world::number_of(const any_ref& which) const {
  return static_cast<number>(std::find(members.begin(), members.end(), actor_ref<member>(which.address())) -
                             members.begin());
}

void world::spawn() {
  const number made = notes.born(limit, pick(2) == 0);
  members.push_back(system->spawn<member>(made, pick(16) == 0));
}

void world::tell(number from, number to) {
  const posting outcome = members[to].tell(word{from, notes.lives[to].said[from]});
  EXPECT_TRUE(notes.allows(to, outcome, now()));
  notes.said(from, to, outcome);
}

std::optional<posting> world::would_say(number to) {
  std::optional<posting> only;
  for (const posting each : {posting::posted, posting::full, posting::closed}) {
    if (notes.allows(to, each, now()) && std::exchange(only, each)) return std::nullopt;
  }
  return only;
}

number world::ask(number from, number to, posting outcome, duration at_most) {
  notes.said(from, to, outcome);
  notes.questions.push_back({from, to, now() + at_most, outcome});
  return notes.questions.size() - 1;
}

void world::ask_one() {
  const number to = anybody();
  const auto outcome = would_say(to);
  if (!outcome) return;
  const duration at_most = pick(4) * 1ms;
  const number asked = ask(0, to, *outcome, at_most);
  const word said{0, notes.lives[to].said[0] - (*outcome == posting::posted ? 1 : 0)};
  system->ask(members[to], riddle{said, asked}, at_most, [this, asked](const error& failure, number answer) {
    EXPECT_TRUE(failure || answer == asked);
    notes.settled(asked, failure, now());
  });
}

void world::stop_one() {
  const number who = anybody();
  notes.lives[who].ending = true;
  members[who].stop();
}

void world::make_a_move() {
  switch (pick(24)) {
    case 0:
      return spawn();
    case 1:
      return stop_one();
    case 2:
    case 3:
      return ask_one();
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
      return tell(0, anybody());
    default:
      order.move(loop, host);
  }
}

void world::check_counts() {
  notes.check_dead_letters(system->dead_letters());
  std::size_t alive = 0;
  for (number who = 1; who < notes.lives.size(); ++who) alive += notes.lives[who].ended ? 0 : 1;
  EXPECT_EQ(system->alive(), alive);
  EXPECT_EQ(living, static_cast<int>(alive));
}

void world::run() {
  for (int move = 0; move < 300; ++move) make_a_move();
  if (pick(2) == 0) {
    order.run(loop, host);
    notes.check_at_rest();
    check_counts();
  }
  end();
}

/// Whatever waits, runs or is under way: all actors end, every question is settled, and the counts are right.
void world::end() {
  notes.system_ends();
  system.reset();
  loop.run();
  EXPECT_EQ(living, 0);
  const auto counted = [this](const char* why) {
    return static_cast<std::uint64_t>(loop.counters().get(std::string("actors.dead_letters.") + why).value());
  };
  notes.check_loops_questions();
  notes.check_dead_letters(
      {counted("full"), counted("closed"), counted("stopped"), counted("late"), counted("unheard"), {}});
}

namespace {

TEST(ActorModel, BehavesAsTheSpecificationUnderAThousandSeeds) {
  trireme::testing::for_each_seed(
      1'000, [](std::uint64_t seed) { world(seed).run(); }, &::testing::Test::HasFailure);
}

}  // namespace
}  // namespace trireme::actors::by_a_seed

#include <trireme/actors/worker.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/testing/for_each_seed.hpp>
#include <trireme/core/testing/schedule.hpp>

// A worker driven by a seed, against a sequential specification: two bounded queues of numbers, of which each
// side hears a beginning, in order; then at most one error; then the exit, whose code says what came first.

namespace trireme::actors {
namespace {

using testing::for_each_seed;
using testing::schedule;
using testing::test_loop;
using subject = worker<int, int>;

/// Says, by its end, that the worker's body is no more.
struct alive {
  explicit alive(bool& gone) noexcept : gone_(&gone) {}
  alive(alive&& other) noexcept : gone_(std::exchange(other.gone_, nullptr)) {}
  ~alive() {
    if (gone_) *gone_ = true;
  }

private:
  bool* gone_;
};

class model {
public:
  explicit model(std::uint64_t seed) : order_(seed) {
    worker_options how;
    how.host = &host_;
    how.mailbox_limit = mailbox_limit_ = 1 + order_.pick(6);
    how.outbox_limit = outbox_limit_ = 1 + order_.pick(6);
    worker_.emplace(
        loop_, [this, here = alive(body_gone_)](subject::port& parent) { begin(parent); }, how);
    worker_->on_message([this](int value) { hear(value); });
    worker_->on_error([this](const error&) { fail(); });
    worker_->on_exit([this](int code) { exit(code); });
  }

  void run() {
    for (int move = 0; move < 200; ++move) make_a_move();
    if (worker_ && order_.pick(2) == 0) destroy();
    if (worker_) worker_->terminate([](const error&, int) {});
    if (worker_ && !ended_) stopped_ = true;
    order_.run(loop_, host_);
    EXPECT_TRUE(body_gone_);
    EXPECT_EQ(told_of_exit_, asked_for_exit_);
    if (!destroyed_) check_end();
  }

private:
  void make_a_move() {
    switch (order_.pick(12)) {
      case 0:
        return order_.pick(8) == 0 ? terminate() : ask_for_exit();
      case 1:
        if (order_.pick(40) == 0) destroy();
        return;
      case 2:
      case 3:
      case 4:
      case 5:
        return post();
      default:
        order_.move(loop_, host_);
    }
  }

  // The loop's side.
  void post() {
    if (!worker_) return;
    const posting expected = body_gone_ || stopped_                 ? posting::closed
                             : posted_ - handled_ >= mailbox_limit_ ? posting::full
                                                                    : posting::posted;
    EXPECT_EQ(worker_->post_message(int(posted_)), expected);
    if (expected == posting::posted) ++posted_;
  }
  void terminate() {
    if (!worker_) return;
    worker_->terminate().detach();
    stopped_ = true;
    if (!ended_) code_ = 1;
  }
  void ask_for_exit() {
    if (!worker_) return;
    ++asked_for_exit_;
    worker_->exited([this](const error&, int code) {
      ++told_of_exit_;
      EXPECT_TRUE(destroyed_ || code == code_);
    });
  }
  void destroy() {
    if (!worker_) return;
    destroyed_ = true;
    worker_.reset();
    EXPECT_TRUE(body_gone_);
  }
  void hear(int value) {
    EXPECT_FALSE(destroyed_ || failed_ || exited_) << "messages come first";
    EXPECT_EQ(value, int(heard_++)) << "in order, none twice, none left out";
  }
  void fail() {
    EXPECT_FALSE(destroyed_ || std::exchange(failed_, true) || exited_);
    EXPECT_TRUE(threw_);
  }
  void exit(int code) {
    EXPECT_FALSE(destroyed_ || std::exchange(exited_, true));
    EXPECT_EQ(failed_, threw_) << "the error comes before";
    EXPECT_EQ(heard_, said_) << "all that it said, too";
    EXPECT_EQ(code, code_);
  }
  void check_end() {
    EXPECT_TRUE(exited_);
    EXPECT_FALSE(worker_->running());
    const auto dropped = static_cast<std::size_t>(loop_.counters().get("actors.worker.dropped").value());
    EXPECT_EQ(posted_, handled_ + dropped);
  }

  // The worker's side.
  void begin(subject::port& parent) {
    parent.on_message([this, &parent](int value) {
      EXPECT_FALSE(stopped_ || ended_ || body_gone_);
      EXPECT_EQ(value, int(handled_++)) << "in order, none twice, none left out";
      act(parent);
    });
  }
  void act(subject::port& parent) {
    for (std::size_t left = order_.pick(4); left > 0; --left) say(parent);
    switch (order_.pick(40)) {
      case 0:
        return end(3), parent.close(3);
      case 1:
        threw_ = true;
        end(1);
        throw std::runtime_error("broken");
      case 2:
        return end(0), parent.on_message(nullptr);
    }
  }
  void say(subject::port& parent) {
    const posting expected = said_ - heard_ >= outbox_limit_ ? posting::full : posting::posted;
    EXPECT_EQ(parent.post_message(int(said_)), expected);
    if (expected == posting::posted) ++said_;
  }
  void end(int code) {
    ended_ = true;
    code_ = code;
  }

  schedule order_;
  test_loop loop_;
  manual_host host_;
  std::size_t mailbox_limit_ = 0, outbox_limit_ = 0;
  std::size_t posted_ = 0, handled_ = 0, said_ = 0, heard_ = 0;
  std::size_t asked_for_exit_ = 0, told_of_exit_ = 0;
  int code_ = 1;
  bool body_gone_ = false;
  bool stopped_ = false, ended_ = false, threw_ = false;
  bool failed_ = false, exited_ = false, destroyed_ = false;
  std::optional<subject> worker_;
};

TEST(WorkerModel, BehavesAsTheSpecificationUnderAThousandSeeds) {
  for_each_seed(
      1'000, [](std::uint64_t seed) { model(seed).run(); }, &::testing::Test::HasFailure);
}

}  // namespace
}  // namespace trireme::actors

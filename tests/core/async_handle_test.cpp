#include <trireme/core/detail/async_handle.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>
#include <vector>

namespace {

using namespace trireme;
using trireme::detail::async_handle;
using trireme::testing::order;
using trireme::testing::test_loop;

class AsyncHandle : public ::testing::Test {
protected:
  class handle final : public async_handle {
  public:
    handle(AsyncHandle& where, const char* name) : where_(where), name_(name) {}
    void send() noexcept { where_.inbox().send(*this); }
    using async_handle::rearm;

  private:
    void on_async() override {
      where_.log(name_);
      if (where_.work) where_.work(*this);
    }
    AsyncHandle& where_;
    const char* name_;
  };

  trireme::detail::inbox& inbox() { return *loop.internals().incoming; }

  test_loop loop;
  order log;
  unique_function<void(handle&)> work;
};

TEST_F(AsyncHandle, RunsOnceForAnyNumberOfSends) {
  handle subject(*this, "a");
  for (int each = 0; each < 3; ++each) subject.send();
  loop.run();
  EXPECT_EQ(log, (order{"a"}));
}

TEST_F(AsyncHandle, RunInTheOrderInWhichTheyWereSent) {
  handle a(*this, "a"), b(*this, "b"), c(*this, "c");
  for (handle* each : {&b, &a, &c, &b}) each->send();
  loop.run();
  EXPECT_EQ(log, (order{"b", "a", "c"}));
}

TEST_F(AsyncHandle, RunsAgainOnceItWasRearmed) {
  handle subject(*this, "a");
  subject.send();
  loop.run();
  subject.send();
  EXPECT_FALSE(loop.poll());
  subject.rearm();
  subject.send();
  loop.run();
  EXPECT_EQ(log, (order{"a", "a"}));
}

TEST_F(AsyncHandle, IsACallbackOfItsOwn) {
  handle a(*this, "a"), b(*this, "b");
  work = [&](handle&) {
    loop.next_tick([&] { log("tick"); });
    loop.queue_microtask([&] { log("microtask"); });
  };
  a.send();
  b.send();
  loop.run();
  EXPECT_EQ(log, (order{"a", "tick", "microtask", "b", "tick", "microtask"}));
}

TEST_F(AsyncHandle, RunsInTheNextTurnWhereItIsSentFromItsOwnCallback) {
  handle subject(*this, "a");
  work = [&, first = true](handle& self) mutable {
    if (!std::exchange(first, false)) return;
    loop.set_immediate([&] { log("immediate"); });
    self.rearm();
    self.send();
  };
  subject.send();
  loop.run();
  EXPECT_EQ(log, (order{"a", "immediate", "a"}));
}

TEST_F(AsyncHandle, RunsWhenTheLoopGoesOnWhereAnotherStoppedIt) {
  handle a(*this, "a"), b(*this, "b");
  work = [&](handle&) { loop.stop(); };
  a.send();
  b.send();
  loop.run();
  EXPECT_EQ(log, (order{"a"}));
  loop.run();
  EXPECT_EQ(log, (order{"a", "b"}));
}

TEST_F(AsyncHandle, ThrowsIntoTheLoop) {
  handle subject(*this, "a");
  loop.on_uncaught([&](const error& failure) { log(failure.message()); });
  work = [](handle&) { throw std::runtime_error("in anger"); };
  subject.send();
  loop.run();
  EXPECT_EQ(log, (order{"a", "in anger"}));
}

TEST_F(AsyncHandle, IsForgottenAtAnyPlaceOfItsWay) {
  handle a(*this, "a"), d(*this, "d");
  {
    handle b(*this, "b"), c(*this, "c");
    for (handle* each : {&a, &b, &d, &c}) each->send();
    work = [&](handle&) { loop.stop(); };
    loop.run();  // the rest was collected
    inbox().forget(b);
    inbox().forget(c);
    inbox().forget(b);  // it is not there
  }
  loop.run();
  EXPECT_EQ(log, (order{"a", "d"}));
}

TEST_F(AsyncHandle, WakesASleeperAndLosesNothingThatWasSentBefore) {
  constexpr int threads = 4;
  constexpr int each = 5'000;
  std::atomic<int> done{0};
  int seen = 0;
  handle subject(*this, "");
  const pending_work alive(loop);
  work = [&](handle& self) {
    self.rearm();
    seen = done.load();
    if (seen == threads * each) loop.stop();
  };
  std::vector<std::thread> senders;
  for (int which = 0; which < threads; ++which) {
    senders.emplace_back([&] {
      for (int count = 0; count < each; ++count) {
        done.fetch_add(1);
        subject.send();
      }
    });
  }
  loop.run();
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(seen, threads * each);
  inbox().forget(subject);
}

}  // namespace

// 1 MiB from loop to worker and back makes no copy (M8): counts every large call of the global operator new,
// and looks where the bytes are.
#include <gtest/gtest.h>
#include <trireme/test/v1/echo.pb.h>

#include <string>
#include <support/counting_new.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/proto/sealed.hpp>

namespace trireme::proto {
namespace {

using test::v1::Text;
using testing::allocations_of_all;
using testing::large_allocations;
using testing::mebibyte;

/// Each kind of payload that owns 1 MiB.
class PayloadCopies : public ::testing::Test {
protected:
  std::string as_string() { return std::string(mebibyte, 'x'); }
  shared_bytes as_shared_bytes() { return shared_bytes(as_string()); }
  sealed<Text> as_sealed() {
    auto made = sealed<Text>::make(shelf);
    made->set_text(as_string());
    return made;
  }

  static const char* data_of(const std::string& payload) { return payload.data(); }
  static const char* data_of(const shared_bytes& payload) { return payload.data(); }
  static const char* data_of(const sealed<Text>& payload) { return payload->text().data(); }

  template <class T>
  T through_a_pool(T payload) {
    actors::pool_options one;
    one.workers = 1;
    actors::pool workers(owner, one);
    T back;
    workers.run([](T given) { return given; }, std::move(payload))
        .then([&](T given) { back = std::move(given); })
        .detach();
    EXPECT_EQ(owner.run(), 0);
    return back;
  }
  template <class T>
  T through_a_worker(T payload) {
    using echo = actors::worker<T, T>;
    T back;
    echo subject(owner, [](typename echo::port& parent) {
      parent.on_message([&parent](T given) {
        EXPECT_EQ(parent.post_message(std::move(given)), posting::posted);
        parent.close();
      });
    });
    subject.on_message([&](T given) { back = std::move(given); });
    EXPECT_EQ(subject.post_message(std::move(payload)), posting::posted);
    EXPECT_EQ(owner.run(), 0);
    return back;
  }

  template <class T>
  void expect_no_copy(T payload) {
    const char* const bytes = data_of(payload);
    const std::size_t before = large_allocations;
    payload = through_a_pool(std::move(payload));
    EXPECT_EQ(data_of(payload), bytes);
    payload = through_a_worker(std::move(payload));
    EXPECT_EQ(data_of(payload), bytes);
    EXPECT_EQ(large_allocations - before, 0u);
  }

  loop owner;
  arena_shelf shelf{owner};
};

TEST_F(PayloadCopies, NoneOfAString) { expect_no_copy(as_string()); }

TEST_F(PayloadCopies, NoneOfSharedBytes) { expect_no_copy(as_shared_bytes()); }

TEST_F(PayloadCopies, NoneOfASealedMessage) { expect_no_copy(as_sealed()); }

TEST_F(PayloadCopies, AreCountedWhereOneIsMade) {
  const auto sent = as_sealed();
  const std::size_t before = large_allocations;
  const Text moved_out_of_its_arena = *sent;
  EXPECT_EQ(large_allocations - before, 1u);
}

TEST_F(PayloadCopies, AndNoAllocationForASmallSealedMessageWhoseArenaWasUsedBefore) {
  const auto work = [&] {
    for (std::uint32_t round = 0; round < 1000; ++round) {
      auto made = sealed<Text>::make(shelf);
      made->mutable_inner()->set_number(round);
    }
  };
  work();
  const std::size_t before = allocations_of_all;
  work();
  EXPECT_EQ(allocations_of_all - before, 0u);
}

}  // namespace
}  // namespace trireme::proto

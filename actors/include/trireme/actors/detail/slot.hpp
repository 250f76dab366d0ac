#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <trireme/core/posting.hpp>
#include <vector>

namespace trireme::actors::detail {

class cell;
class post_office;

/// Where an actor is reached: it outlives every actor that lives in it, so that a reference may outlive its
/// actor and system and still learn that they have gone.
struct slot {
  /// Any thread: takes a place for one message to that generation. `full` and `closed` took none.
  posting take_place(std::uint32_t wanted) noexcept;
  /// Worker: the message has left the mailbox. Sender: it will not come.
  void give_place_back() noexcept { waiting.fetch_sub(1); }
  bool lives(std::uint32_t wanted) const noexcept { return generation.load() == wanted; }
  /// Of a tenant that is to come.
  void set_limit(std::size_t most) noexcept {
    constexpr std::size_t highest = std::numeric_limits<std::uint32_t>::max();
    limit.store(static_cast<std::uint32_t>(std::min(most, highest)), std::memory_order_relaxed);
  }

  // Pairs with waiting: whoever sees the generation that it wanted has counted itself first, and the worker
  // that changes the generation looks at the count after.
  std::atomic<std::uint32_t> generation{1};
  std::atomic<std::uint32_t> waiting{0};
  std::atomic<std::uint32_t> limit{0};
  bool of_the_loop = false;
  cell* actor = nullptr;        // the worker's
  post_office* home = nullptr;  // constant
  slot* next_free = nullptr;
};

/// An actor's slot, and which of its tenants is meant. Generation 0 is nobody.
struct address {
  slot* where = nullptr;
  std::uint32_t generation = 0;
  bool lives() const noexcept { return where && where->lives(generation); }
  friend bool operator==(const address&, const address&) = default;
};

/// The slots that one thread hands out. They are used again, and never freed.
///
/// Thread: `give_back` any; the rest the thread that hands out.
class slot_shelf {
public:
  slot_shelf(post_office& home, bool of_the_loop) noexcept : home_(home), of_the_loop_(of_the_loop) {}
  slot& take();
  void give_back(slot& empty) noexcept;
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t which = 0; which < made_; ++which)
      visit(chunks_[which / chunk_size][which % chunk_size]);
  }

private:
  static constexpr std::size_t chunk_size = 256;

  post_office& home_;
  const bool of_the_loop_;
  std::vector<std::unique_ptr<slot[]>> chunks_;
  std::size_t made_ = 0;
  slot* free_ = nullptr;
  std::atomic<slot*> returned_{nullptr};  // pairs with itself: the taker takes all
};

}  // namespace trireme::actors::detail

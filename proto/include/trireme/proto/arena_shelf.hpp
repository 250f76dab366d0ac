#pragma once
#include <google/protobuf/arena.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <trireme/core/counters.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/remote_loop.hpp>

namespace trireme::proto {

namespace detail {

struct shelf_state;
class message_deleter;

/// An arena with its first block, which small messages fit in, and its way home.
struct arena_box {
  arena_box();
  alignas(std::max_align_t) std::array<char, 4096> first_block;
  google::protobuf::Arena arena;
  std::unique_ptr<arena_box> next;    // on the shelf
  std::shared_ptr<shelf_state> home;  // while it is lent
  std::thread::id home_thread;
};

/// Resets the arena and puts it on its shelf: at once at home, else by a post to its loop. Where either has
/// gone, or the loop takes no more, the box is freed where it is.
struct send_home {
  void operator()(arena_box* box) const noexcept;
};
using lent_box = std::unique_ptr<arena_box, send_home>;

/// The loop's thread, but for `home` and `lent`. Lifetime: shared with the boxes that are lent.
struct shelf_state {
  explicit shelf_state(loop& owner, std::size_t most);
  void take_back(std::unique_ptr<arena_box> box) noexcept;

  const remote_loop home;
  const std::size_t limit;
  counter& full;
  bool open = true;
  std::atomic<std::size_t> lent{0};  // orders nothing
  std::size_t waiting = 0;
  std::unique_ptr<arena_box> first;
};

}  // namespace detail

/// Memory that messages are made in, see `sealed`. A loop keeps it to be used again: there is no allocation
/// for a message that fits in 4 KiB.
///
/// Thread: the loop's. Lifetime: the loop outlives it; what was made in it may outlive both.
/// Limits: at most `limit` arenas wait here. One that comes home to a full shelf is freed, and counted as
/// "proto.arena_shelf.full"; one that finds the loop's inbox full is freed, too, and counted there.
class arena_shelf {
public:
  using bound_to_a_loop = void;
  explicit arena_shelf(loop& owner, std::size_t limit = 64);
  arena_shelf(const arena_shelf&) = delete;
  arena_shelf& operator=(const arena_shelf&) = delete;
  ~arena_shelf();

  /// Arenas that wait to be used.
  std::size_t waiting() const noexcept { return state_->waiting; }
  /// Arenas whose messages are still used, or on their way home.
  std::size_t lent() const noexcept { return state_->lent; }

private:
  template <class T>
  friend class sealed;
  friend class detail::message_deleter;
  detail::lent_box lend();

  loop& owner_;
  std::shared_ptr<detail::shelf_state> state_;
};

}  // namespace trireme::proto

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <trireme/actors/actor.hpp>
#include <trireme/actors/actor_system.hpp>
#include <utility>
#include <vector>

#include "actors/actor_fixture.hpp"

// An idle actor costs at most 512 bytes: a million of them live in one process.

namespace {

std::size_t bytes_in_use = 0;  // one thread

void* counted(void* block) {
  if (!block) throw std::bad_alloc();
  bytes_in_use += ::malloc_usable_size(block) + sizeof(std::size_t);  // and what malloc itself keeps of it
  return block;
}
void* take(std::size_t size) { return counted(std::malloc(size)); }
void give(void* block) noexcept {
  if (block) bytes_in_use -= ::malloc_usable_size(block) + sizeof(std::size_t);
  std::free(block);
}

// With the gaps to the next line that malloc leaves.
void* take(std::size_t size, std::size_t line) {
  bytes_in_use += line;
  return counted(std::aligned_alloc(line, (size + line - 1) / line * line));
}
void give(void* block, std::size_t line) noexcept {
  if (block) bytes_in_use -= line;
  give(block);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void operator delete(void* block) noexcept { give(block); }
void operator delete[](void* block) noexcept { give(block); }
void operator delete(void* block, std::size_t) noexcept { give(block); }
void operator delete[](void* block, std::size_t) noexcept { give(block); }
void* operator new(std::size_t size, std::align_val_t line) {
  return take(size, static_cast<std::size_t>(line));
}
void operator delete(void* block, std::align_val_t line) noexcept {
  give(block, static_cast<std::size_t>(line));
}
void operator delete(void* block, std::size_t, std::align_val_t line) noexcept {
  give(block, static_cast<std::size_t>(line));
}

namespace trireme::actors {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t many = 20'000;
#else
constexpr std::size_t many = 1'000'000;
#endif

struct pass {};
struct next {
  next() = default;
  explicit next(any_ref given) : neighbour(given) {}
  any_ref neighbour;
};

/// One of a ring, with a little state.
class member : public actor<member> {
public:
  void on(next given) { neighbour_ = actor_ref<member>(given.neighbour.address()); }
  /// How often it has been passed.
  std::uint64_t on(pass) {
    static_cast<void>(neighbour_.tell(pass()));
    return ++seen_;
  }

private:
  actor_ref<member> neighbour_;
  std::uint64_t seen_ = 0;
};

TEST_F(ActorSystem, HoldsAMillionIdleActorsAt512BytesEach) {
  actor_system system(loop, with(host));
  std::vector<actor_ref<member>> ring;
  ring.reserve(many);
  host.settle(loop);
  const std::size_t before = bytes_in_use;
  for (std::size_t each = 0; each < many; ++each) {
    ring.push_back(system.spawn<member>());
    if (each % 1'000 == 0) host.settle(loop);
  }
  host.settle(loop);
  const std::size_t each = (bytes_in_use - before) / many;
  std::printf("%zu actors: %zu bytes each\n", system.alive(), each);
  EXPECT_LE(each, 512u);
  EXPECT_EQ(system.alive(), many);

  for (std::size_t which = 0; which + 1 < many; ++which) {
    static_cast<void>(ring[which].tell(next(ring[which + 1])));
    if (which % 1'000 == 0) host.settle(loop);
  }
  static_cast<void>(ring.front().tell(pass()));
  host.settle(loop);
  std::uint64_t passed = 0;
  system.ask(ring.back(), pass(), 1s, [&](const error&, std::uint64_t count) { passed = count; });
  host.settle(loop);
  EXPECT_EQ(passed, 2u) << "once round the ring, and once by the question";
}

}  // namespace
}  // namespace trireme::actors

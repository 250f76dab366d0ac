#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/assert_callable.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme::detail {

/// First in, first out, of callbacks with the context they captured. Grows in chunks, keeps one spare, and
/// runs each callback where it lies, so that steady state neither allocates nor moves.
class callback_queue {
public:
  struct slot {
    context_ptr context;
    unique_function<void()> run;  // goes first: what it holds may still ask for its context
  };

  callback_queue() = default;
  callback_queue(const callback_queue&) = delete;
  callback_queue& operator=(const callback_queue&) = delete;
  ~callback_queue() { clear(); }

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }

  template <class Work>
  void push(Work&& work, context_ptr context) {
    assert_callable(work);
    if (!tail_ || tail_end_ == chunk_size) grow();
    ::new (tail_->at(tail_end_)) slot{std::move(context), std::forward<Work>(work)};
    ++tail_end_;
    ++count_;
  }

  /// The oldest. It stays in place, also while `push` is called, until `pop`.
  slot& front() noexcept { return *std::launder(static_cast<slot*>(head_->at(head_begin_))); }
  void pop() noexcept {
    slot& done = front();
    --count_;
    const bool last_of_chunk = ++head_begin_ == chunk_size;
    done.~slot();
    if (last_of_chunk) release_head();
  }
  void clear() noexcept {
    while (!empty()) pop();
  }

private:
  static constexpr std::size_t chunk_size = 256;
  struct chunk {
    void* at(std::size_t place) noexcept { return bytes.data() + place * sizeof(slot); }
    alignas(slot) std::array<std::byte, chunk_size * sizeof(slot)> bytes;
    std::unique_ptr<chunk> next;
  };

  void grow();
  void release_head() noexcept;

  std::unique_ptr<chunk> head_;
  std::unique_ptr<chunk> spare_;
  chunk* tail_ = nullptr;
  std::size_t head_begin_ = 0;
  std::size_t tail_end_ = 0;
  std::size_t count_ = 0;
};

}  // namespace trireme::detail

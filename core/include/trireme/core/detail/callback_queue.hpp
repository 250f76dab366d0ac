#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <trireme/core/context.hpp>
#include <trireme/core/unique_function.hpp>

namespace trireme::detail {

/// First in, first out, of callbacks with the context they captured. Grows in chunks, keeps one spare, and
/// runs each callback where it lies, so that steady state neither allocates nor moves.
class callback_queue {
public:
  struct slot {
    unique_function<void()> run;
    context_ptr context;
  };

  callback_queue() = default;
  callback_queue(const callback_queue&) = delete;
  callback_queue& operator=(const callback_queue&) = delete;
  ~callback_queue() { clear(); }

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }

  void push(unique_function<void()> callback, context_ptr context) {
    if (!tail_ || tail_end_ == chunk_size) grow();
    tail_->slots[tail_end_++] = slot{std::move(callback), std::move(context)};
    ++count_;
  }

  /// The oldest. It stays in place, also while `push` is called, until `pop`.
  slot& front() noexcept { return head_->slots[head_begin_]; }
  void pop() noexcept {
    slot& done = front();
    --count_;
    const bool last_of_chunk = ++head_begin_ == chunk_size;
    done.run.reset();
    done.context = {};
    if (last_of_chunk) release_head();
  }
  void clear() noexcept {
    while (!empty()) pop();
  }

private:
  static constexpr std::size_t chunk_size = 256;
  struct chunk {
    std::array<slot, chunk_size> slots;
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

#pragma once
#include <cstdint>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/assert_callable.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>
#include <vector>

namespace trireme::detail {

/// What waits for the check phase: a batch that is being called, and those that have come since.
class immediate_queue {
public:
  struct slot {
    template <class Work>
    slot(std::uint64_t number_, Work&& work_, const context_ptr& context_)
        : number(number_), context(context_), work(std::forward<Work>(work_)) {}
    std::uint64_t number;
    context_ptr context;
    unique_function<void()> work;  // empty: cleared
    bool referenced = true;
  };

  /// Returns the number that names it; numbers rise.
  template <class Work>
  std::uint64_t push(Work&& work, const context_ptr& context) {
    assert_callable(work);
    waiting_.emplace_back(next_number_, std::forward<Work>(work), context);
    ++alive_;
    ++referenced_;
    return next_number_++;
  }

  std::size_t alive() const noexcept { return alive_; }
  std::size_t referenced() const noexcept { return referenced_; }

  /// Null where it has been called or cleared.
  slot* find(std::uint64_t number) noexcept;
  void clear(slot& which) noexcept;
  void set_referenced(slot& which, bool referenced) noexcept;
  void clear() noexcept;

  /// What waits becomes the batch.
  void begin_batch() noexcept { called_.swap(waiting_); }
  /// The batch's next, to be called where it lies; null at its end.
  slot* next() noexcept;
  /// What is left of the batch waits again, before the others.
  void end_batch();

private:
  void count_out(const slot& which) noexcept;

  std::vector<slot> waiting_;
  std::vector<slot> called_;
  std::size_t place_ = 0;  // in called_
  std::size_t alive_ = 0;
  std::size_t referenced_ = 0;
  std::uint64_t next_number_ = 1;
  std::uint64_t last_called_ = 0;
};

}  // namespace trireme::detail

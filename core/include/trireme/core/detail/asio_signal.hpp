#pragma once
// First: Asio's configuration depends on what the standard library has defined by then.
#include <cstddef>

#include <asio/cancellation_signal.hpp>
#include <utility>

namespace trireme::detail {

/// A cancellation signal of Asio's, with the memory of its slot, kept from one operation to the next: outside
/// its own handlers Asio takes that memory from the heap.
class asio_signal {
public:
  asio_signal() { rest(); }
  asio_signal(const asio_signal&) = delete;
  asio_signal& operator=(const asio_signal&) = delete;

  asio::cancellation_slot slot() noexcept { return signal_.slot(); }
  /// Asks the operation to end. False where it offers no cancellation.
  bool emit() {
    answered_ = true;
    signal_.emit(asio::cancellation_type::all);
    return answered_;
  }
  /// Destroys what the operation has put into the slot, not the memory it is in.
  void rest() { signal_.slot().emplace<nobody>(*this); }

  asio_signal* next = nullptr;

private:
  struct nobody {
    explicit nobody(asio_signal& signal) noexcept : self(signal) {}
    void operator()(asio::cancellation_type) noexcept { self.answered_ = false; }
    asio_signal& self;
  };

  asio::cancellation_signal signal_;
  bool answered_ = true;
};

/// The signals that a thread uses again. Trivially destructible: a loop may go after the thread's other
/// objects.
struct spare_asio_signals {
  static constexpr std::size_t limit = 256;
  asio_signal* first = nullptr;
  std::size_t count = 0;
  bool thread_ends = false;
};
inline constinit thread_local spare_asio_signals spare_signals{};

struct spare_asio_signals_cleaner {
  ~spare_asio_signals_cleaner() {
    spare_signals.thread_ends = true;
    while (asio_signal* const signal = spare_signals.first) {
      spare_signals.first = signal->next;
      delete signal;
    }
  }
  void touch() const noexcept {}
};
inline thread_local const spare_asio_signals_cleaner clean_signals_at_thread_end{};

inline asio_signal* take_asio_signal() {
  spare_asio_signals& spare = spare_signals;
  if (!spare.first) return new asio_signal;
  --spare.count;
  return std::exchange(spare.first, spare.first->next);
}

inline void give_asio_signal(asio_signal* signal) {
  spare_asio_signals& spare = spare_signals;
  if (spare.thread_ends || spare.count >= spare_asio_signals::limit) return delete signal;
  signal->rest();
  if (!spare.first) clean_signals_at_thread_end.touch();
  signal->next = std::exchange(spare.first, signal);
  ++spare.count;
}

}  // namespace trireme::detail

#include "write_gate.hpp"

namespace trireme::proto::detail {

bool write_gate::acquire() noexcept {
  const bool may_wait = std::this_thread::get_id() != loop_thread_;
  std::uint32_t seen = unsent_.load(std::memory_order_acquire);
  while ((seen & stop_bit) == 0 && seen >= limit_ && may_wait) {
    unsent_.wait(seen, std::memory_order_acquire);
    seen = unsent_.load(std::memory_order_acquire);
  }
  if ((seen & stop_bit) != 0) return false;
  unsent_.fetch_add(1, std::memory_order_acq_rel);  // the only thread that adds
  return true;
}

void write_gate::release() noexcept {
  const std::uint32_t before = unsent_.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & ~stop_bit) == limit_) unsent_.notify_one();
}

void write_gate::stop() noexcept {
  unsent_.fetch_or(stop_bit, std::memory_order_acq_rel);
  unsent_.notify_one();
}

}  // namespace trireme::proto::detail

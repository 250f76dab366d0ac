#include <trireme/actors/detail/pool_core.hpp>
#include <trireme/actors/detail/progress_channel.hpp>
#include <utility>

namespace trireme::actors::detail {

progress_channel::progress_channel(const pool_core& owner) noexcept : owner_(owner) {}

bool progress_channel::acquire() noexcept {
  std::uint32_t seen = unread_.load(std::memory_order_acquire);
  while ((seen & stop_bit) == 0) {
    if (seen < owner_.progress_limit() || !owner_.may_block()) {
      unread_.fetch_add(1, std::memory_order_relaxed);
      return true;
    }
    unread_.wait(seen, std::memory_order_acquire);
    seen = unread_.load(std::memory_order_acquire);
  }
  return false;
}

void progress_channel::push(std::unique_ptr<trireme::detail::job> message) noexcept {
  this_worker()->worker->send_home(std::move(message));
}

void progress_channel::release() noexcept {
  unread_.fetch_sub(1, std::memory_order_release);
  unread_.notify_one();
}

void progress_channel::stop() noexcept {
  unread_.fetch_or(stop_bit, std::memory_order_release);
  unread_.notify_one();
}

}  // namespace trireme::actors::detail

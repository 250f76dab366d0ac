#pragma once
#include <cstdint>
#include <trireme/core/detail/recycler.hpp>
#include <utility>

namespace trireme::actors::detail {

class pool_core;

/// Whether a pool is still there, for those who may outlive it. The count is the loop's, and not atomic.
class pool_anchor {
public:
  pool_anchor() noexcept = default;
  static pool_anchor make(pool_core& core) { return pool_anchor(new shared(core)); }
  pool_anchor(const pool_anchor& other) noexcept : pool_anchor(other.shared_) {}
  pool_anchor(pool_anchor&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  pool_anchor& operator=(pool_anchor other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~pool_anchor() {
    if (shared_ && --shared_->count == 0) delete shared_;
  }

  /// Null once the pool has gone.
  pool_core* core() const noexcept { return shared_ ? shared_->core : nullptr; }
  void pool_goes() noexcept { shared_->core = nullptr; }

private:
  struct shared : trireme::detail::recycled {
    explicit shared(pool_core& owner) noexcept : core(&owner) {}
    pool_core* core;
    std::uint32_t count = 0;
  };
  explicit pool_anchor(shared* counted) noexcept : shared_(counted) {
    if (shared_) ++shared_->count;
  }
  shared* shared_ = nullptr;
};

}  // namespace trireme::actors::detail

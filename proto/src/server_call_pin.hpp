#pragma once
#include <trireme/proto/server_call.hpp>

namespace trireme::proto {

/// Keeps a call while one of its functions, or something that will call one, is under way.
class server_call::pin {
public:
  explicit pin(server_call& kept) noexcept : call_(&kept) { kept.retain(); }
  pin(pin&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  pin& operator=(pin&&) = delete;
  ~pin() {
    if (call_) call_->release();
  }
  server_call* operator->() const noexcept { return call_; }

private:
  server_call* call_;
};

}  // namespace trireme::proto

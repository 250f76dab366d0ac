#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace trireme {

/// Immutable bytes, counted and shared: encoded once, sent to many. A slice keeps the whole alive.
///
/// Thread: any; the count is atomic and the bytes never change. Moved from it is empty.
class shared_bytes {
public:
  shared_bytes() noexcept = default;
  explicit shared_bytes(std::string bytes)
      : owner_(std::make_shared<const std::string>(std::move(bytes))), view_(*owner_) {}
  shared_bytes(const shared_bytes&) noexcept = default;
  shared_bytes(shared_bytes&& other) noexcept
      : owner_(std::move(other.owner_)), view_(std::exchange(other.view_, std::string_view())) {}
  shared_bytes& operator=(const shared_bytes&) noexcept = default;
  shared_bytes& operator=(shared_bytes&& other) noexcept {
    owner_ = std::move(other.owner_);
    view_ = std::exchange(other.view_, std::string_view());
    return *this;
  }

  std::string_view view() const noexcept { return view_; }
  const char* data() const noexcept { return view_.data(); }
  std::size_t size() const noexcept { return view_.size(); }
  bool empty() const noexcept { return view_.empty(); }
  shared_bytes slice(std::size_t offset, std::size_t count = std::string_view::npos) const {
    shared_bytes part = *this;
    part.view_ = view_.substr(offset, count);
    return part;
  }

private:
  std::shared_ptr<const std::string> owner_;
  std::string_view view_;
};

}  // namespace trireme

#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme {

/// Immutable bytes, counted and shared: received or encoded once, parsed in and sent to many. Copies, slices
/// and moves never copy a byte; `copy_of` and `compact` do. A slice keeps the whole alive.
///
/// Thread: any; the count is atomic and the bytes never change. Moved from it is empty.
class shared_bytes {
public:
  shared_bytes() noexcept = default;
  /// Takes the memory of what is moved in.
  explicit shared_bytes(std::string bytes)
      : shared_bytes(std::make_shared<const std::string>(std::move(bytes))) {}
  explicit shared_bytes(std::vector<char> bytes)
      : shared_bytes(std::make_shared<const std::vector<char>>(std::move(bytes))) {}
  /// `bytes` of whatever else: they live as long as `owner`, and nobody writes to them any more. The last
  /// holder, on its thread, lets go of `owner`.
  shared_bytes(std::shared_ptr<const void> owner, std::span<const char> bytes) noexcept
      : owner_(std::move(owner)), view_(bytes.data(), bytes.size()) {}
  shared_bytes(const shared_bytes&) noexcept = default;
  shared_bytes(shared_bytes&& other) noexcept
      : owner_(std::move(other.owner_)), view_(std::exchange(other.view_, std::string_view())) {}
  shared_bytes& operator=(const shared_bytes&) noexcept = default;
  shared_bytes& operator=(shared_bytes&& other) noexcept {
    owner_ = std::move(other.owner_);
    view_ = std::exchange(other.view_, std::string_view());
    return *this;
  }

  /// A copy of bytes that somebody else owns, in one allocation.
  static shared_bytes copy_of(std::string_view bytes) {
    if (bytes.empty()) return shared_bytes();
    auto memory = std::make_shared_for_overwrite<char[]>(bytes.size());
    std::ranges::copy(bytes, memory.get());
    const std::span<const char> copied(memory.get(), bytes.size());
    return shared_bytes(std::move(memory), copied);
  }

  std::string_view view() const noexcept { return view_; }
  const char* data() const noexcept { return view_.data(); }
  std::size_t size() const noexcept { return view_.size(); }
  bool empty() const noexcept { return view_.empty(); }
  /// Throws `std::out_of_range` where `offset` lies behind the end.
  shared_bytes slice(std::size_t offset, std::size_t count = std::string_view::npos) const {
    shared_bytes part = *this;
    part.view_ = view_.substr(offset, count);
    return part;
  }
  /// The same bytes in memory of their own: for a small slice that is kept for long, so that the whole can
  /// go.
  shared_bytes compact() const { return copy_of(view_); }

private:
  template <class Container>
  explicit shared_bytes(std::shared_ptr<const Container> bytes) noexcept
      : view_(bytes->data(), bytes->size()) {
    owner_ = std::move(bytes);
  }

  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace trireme

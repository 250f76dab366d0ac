#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <trireme/core/shared_bytes.hpp>

namespace trireme::transport::websocket {

/// The pieces of one message, joined in memory that can be given away.
///
/// Limits: the memory is at most eight times what has come, or 16 KiB, so that a peer does not get much of it
/// for announcing a large message.
class message_buffer {
public:
  /// `to_come`: bytes that are known to follow. A piece that was read into `room` stays where it is.
  void append(std::span<const char> piece, std::size_t to_come);
  /// Memory behind the last piece, at most as much as is wanted; may be none.
  std::span<char> room(std::size_t wanted) const noexcept;
  std::span<char> bytes() const noexcept { return {memory_.get(), size_}; }
  bool empty() const noexcept { return size_ == 0; }

  bool holds(std::span<const char> part) const noexcept;
  /// Shares a part that it holds.
  shared_bytes share(std::span<const char> part) const noexcept { return shared_bytes(memory_, part); }
  /// Lets go of the memory, which others may share.
  void clear() noexcept;

private:
  void grow(std::size_t at_least, std::size_t announced);

  std::shared_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace trireme::transport::websocket

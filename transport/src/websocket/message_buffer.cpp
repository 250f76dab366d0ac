#include "message_buffer.hpp"

#include <algorithm>
#include <functional>

namespace trireme::transport::websocket {

namespace {

constexpr std::size_t first_room = std::size_t{16} << 10;
constexpr std::size_t ahead = 8;

}  // namespace

void message_buffer::append(std::span<const char> piece, std::size_t to_come) {
  const std::size_t after = size_ + piece.size();
  if (after > capacity_) grow(after, after + to_come);
  char* const end = memory_.get() + size_;
  if (piece.data() != end) std::ranges::copy(piece, end);
  size_ = after;
}

void message_buffer::grow(std::size_t at_least, std::size_t announced) {
  const std::size_t proportionate = std::max(first_room, ahead * at_least);
  // Twice as much as before, for the sake of messages in many small fragments, which announce nothing.
  capacity_ = std::max(std::min(announced, proportionate), 2 * capacity_);
  auto larger = std::make_shared_for_overwrite<char[]>(capacity_);
  std::ranges::copy(bytes(), larger.get());
  memory_ = std::move(larger);
}

std::span<char> message_buffer::room(std::size_t wanted) const noexcept {
  return {memory_.get() + size_, std::min(wanted, capacity_ - size_)};
}

bool message_buffer::holds(std::span<const char> part) const noexcept {
  const std::less_equal<const char*> not_after;
  const char* const begin = memory_.get();
  return begin && not_after(begin, part.data()) && not_after(part.data() + part.size(), begin + size_);
}

void message_buffer::clear() noexcept {
  memory_.reset();
  size_ = capacity_ = 0;
}

}  // namespace trireme::transport::websocket

#include <trireme/transport/detail/send_queue.hpp>

#include <algorithm>
#include <utility>

namespace trireme::transport::detail {

namespace {

constexpr std::size_t forgotten_from = std::size_t{64} << 10;  // less is not worth moving the rest

}  // namespace

// Out of line, so that the streams' functions stay small.
send_queue::send_queue() = default;
send_queue::~send_queue() = default;

void send_queue::append(const shared_bytes& payload) {
  pieces_.push_back(piece{own_.size(), payload});
  shared_size_ += payload.size();
}

std::size_t send_queue::gather(std::span<iovec> parts) const noexcept {
  std::size_t count = 0;
  const auto add = [&](std::string_view bytes) {
    if (!bytes.empty()) parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  const std::string_view own(own_);
  std::size_t own_from = own_sent_;
  std::size_t piece_from = piece_sent_;
  for (std::size_t each = first_; each < pieces_.size(); ++each) {
    if (count + 3 > parts.size()) return count;
    const piece& next = pieces_[each];
    add(own.substr(own_from, next.place - own_from));
    add(next.bytes.view().substr(std::exchange(piece_from, 0)));
    own_from = next.place;
  }
  add(own.substr(own_from));
  return count;
}

void send_queue::sent(std::size_t count) noexcept {
  while (first_ < pieces_.size()) {
    piece& next = pieces_[first_];
    const std::size_t own = std::min(count, next.place - own_sent_);
    const std::size_t shared = std::min(count - own, next.bytes.size() - piece_sent_);
    own_sent_ += own;
    piece_sent_ += shared;
    shared_size_ -= shared;
    count -= own + shared;
    if (piece_sent_ < next.bytes.size()) return forget_sent();
    next.bytes = shared_bytes();
    piece_sent_ = 0;
    ++first_;
  }
  if (shares()) drop_shared();
  own_sent_ += count;
  forget_sent();
}

/// A peer that always lags a little would else make us remember all that it was ever sent.
void send_queue::forget_sent() noexcept {
  const std::size_t gone = own_sent_;
  if (gone >= forgotten_from && gone > own_.size() / 2) {
    own_.erase(0, gone);
    own_sent_ = 0;
    for (std::size_t each = first_; each < pieces_.size(); ++each) pieces_[each].place -= gone;
  }
  if (first_ > 32 && first_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void send_queue::drop_shared() noexcept {
  pieces_.clear();
  if (pieces_.capacity() > 64) pieces_.shrink_to_fit();  // a spare queue is small
  first_ = piece_sent_ = shared_size_ = 0;
}

}  // namespace trireme::transport::detail

#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <trireme/core/shared_bytes.hpp>
#include <vector>

namespace trireme::transport::detail {

/// What waits to be sent on one stream: bytes of its own and, between them, payloads that it shares with
/// others.
///
/// Thread: the loop's. Order: leaves in the order in which it was appended.
class send_queue {
public:
  send_queue();
  send_queue(const send_queue&) = delete;
  send_queue& operator=(const send_queue&) = delete;
  ~send_queue();

  /// What is appended to this waits behind all the rest.
  std::string& own() noexcept { return own_; }
  /// Keeps the payload, which is not empty, by its count until it has been sent.
  void append(const shared_bytes& payload);

  /// Bytes that wait.
  std::size_t size() const noexcept { return own_.size() - own_sent_ + shared_size_; }
  bool shares() const noexcept { return !pieces_.empty(); }
  /// All that waits, where nothing is shared.
  std::string_view own_waiting() const noexcept { return {own_.data() + own_sent_, own_.size() - own_sent_}; }
  /// What is to be sent first, in at most as many parts as there is room for, three at least. Returns how
  /// many.
  std::size_t gather(std::span<iovec> parts) const noexcept;
  /// As many bytes have been sent: shared ones are let go of.
  void sent(std::size_t count) noexcept;
  /// Begins anew, once all has been sent.
  void restart() noexcept {
    own_.clear();
    own_sent_ = 0;
  }

private:
  struct piece {
    std::size_t place;  // in own_: what stands before it
    shared_bytes bytes;
  };
  void forget_sent() noexcept;
  void drop_shared() noexcept;

  std::string own_;
  std::size_t own_sent_ = 0;
  std::vector<piece> pieces_;
  std::size_t first_ = 0;        // of the pieces: those before it have been sent
  std::size_t piece_sent_ = 0;   // of that one
  std::size_t shared_size_ = 0;  // of all pieces what waits
};

}  // namespace trireme::transport::detail

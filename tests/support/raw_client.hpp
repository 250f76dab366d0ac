#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <trireme/core/testing/test_loop.hpp>
#include <utility>

namespace trireme::testing {

/// Turns the loop, without letting its time pass, until `done`. False where that takes too long.
template <class Done>
bool pump(test_loop& loop, Done&& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.poll();
  }
  return true;
}

/// Turns the loop a few times, for what must not happen.
inline void settle(test_loop& loop) {
  for (int turn = 0; turn < 50; ++turn) loop.poll();
}

/// Lets virtual time pass in steps of half a second, the loop turning at each.
inline void pass(test_loop& loop, duration by) {
  constexpr duration step = std::chrono::milliseconds(500);
  for (duration gone{}; gone < by; gone += step) {
    loop.time().advance(step);
    for (int turn = 0; turn < 4; ++turn) loop.poll();
  }
}

/// A TCP client on loopback that speaks bytes, on the thread of the loop it talks to: whatever it waits for,
/// it turns the loop meanwhile.
class raw_client {
public:
  /// `receive_buffer`: of the kernel, in bytes; small ones make the server wait for the client. 0: the
  /// system's.
  raw_client(test_loop& loop, std::uint16_t port, int receive_buffer = 0)
      : loop_(loop), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) throw std::runtime_error("raw_client: socket");
    if (receive_buffer > 0) set(SOL_SOCKET, SO_RCVBUF, receive_buffer);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      close();
      throw std::runtime_error("raw_client: connect");
    }
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  raw_client(raw_client&& other) noexcept
      : received(std::move(other.received)),
        loop_(other.loop_),
        fd_(std::exchange(other.fd_, -1)),
        ended_(other.ended_),
        failed_(other.failed_) {}
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client() { close(); }

  /// Sends as much as the kernel takes now.
  std::size_t send_some(std::string_view bytes) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) failed_ = true;
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// Sends everything, turning the loop while the kernel takes no more. False where the server hung up.
  bool send(std::string_view bytes) {
    return pump(loop_,
                [&] {
                  bytes.remove_prefix(send_some(bytes));
                  return bytes.empty() || failed_;
                }) &&
           bytes.empty();
  }
  /// The port it comes from.
  std::uint16_t port() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    return ntohs(own.sin_port);
  }
  /// Tells the server that no more comes, and goes on reading.
  void finish() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Vanishes: the server gets a reset.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  /// Takes what has arrived, `most` bytes at once.
  void read(std::size_t most = std::size_t{1} << 16) {
    std::string bytes(most, '\0');
    const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got > 0) received.append(bytes, 0, static_cast<std::size_t>(got));
    if (got == 0) ended_ = true;
    if (got < 0 && errno != EAGAIN) failed_ = true;
  }
  /// Reads until `size` bytes are there.
  bool read_size(std::size_t size) {
    return pump(loop_,
                [&] {
                  read();
                  return received.size() >= size || over();
                }) &&
           received.size() >= size;
  }
  bool read_until(std::string_view mark) {
    return pump(loop_,
                [&] {
                  read();
                  return received.find(mark) != received.npos || over();
                }) &&
           received.find(mark) != received.npos;
  }
  /// Reads until the server has hung up. True where it did so properly.
  bool read_to_end() {
    return pump(loop_,
                [&] {
                  read();
                  return over();
                }) &&
           ended_;
  }
  std::string take(std::size_t size) {
    std::string taken = received.substr(0, size);
    received.erase(0, size);
    return taken;
  }
  /// The next response with its head, by its Content-Length where it has one. `bodiless`: to HEAD.
  std::string response(bool bodiless = false) {
    if (!read_until("\r\n\r\n")) return take(received.size());
    const std::size_t head = received.find("\r\n\r\n") + 4;
    const bool none = bodiless || received.starts_with("HTTP/1.1 304");
    const std::size_t length = none ? 0 : content_length(std::string_view(received).substr(0, head));
    read_size(head + length);
    return take(head + length);
  }
  std::string get(std::string_view target, std::string_view fields = {}) {
    send(std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n"));
    return response();
  }

  bool ended() const noexcept { return ended_; }
  bool failed() const noexcept { return failed_; }
  bool over() const noexcept { return ended_ || failed_; }
  int fd() const noexcept { return fd_; }

  std::string received;  ///< and not taken yet

private:
  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = head.find(name);
    std::size_t length = 0;
    if (at != head.npos) std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length;
  }
  void set(int level, int option, int value) { ::setsockopt(fd_, level, option, &value, sizeof value); }

  test_loop& loop_;
  int fd_;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace trireme::testing

#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace responsiveness {

/// One blocking HTTP connection, whose answers all have a Content-Length.
class http_client {
public:
  explicit http_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(fd_);
      throw std::runtime_error("cannot connect");
    }
  }
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client() { ::close(fd_); }

  void send(std::string_view bytes) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<::ssize_t>(bytes.size())) {
      throw std::runtime_error("cannot send");
    }
  }
  /// One whole answer, which ends with `expected`.
  void receive(std::string_view expected) {
    std::string answer;
    while (!whole(answer)) {
      char piece[4096];
      const ::ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
      if (got <= 0) throw std::runtime_error("no answer");
      answer.append(piece, static_cast<std::size_t>(got));
    }
    const bool right = answer.size() >= expected.size() &&
                       answer.compare(answer.size() - expected.size(), expected.size(), expected) == 0;
    if (!right) throw std::runtime_error("an answer that is wrong: " + answer);
  }
  bool answered() const {
    char first;
    return ::recv(fd_, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }

private:
  static bool whole(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = answer.find(name);
    const std::size_t length = at < end ? std::strtoul(answer.c_str() + at + name.size(), nullptr, 10) : 0;
    return answer.size() >= end + 4 + length;
  }

  int fd_;
};

}  // namespace responsiveness

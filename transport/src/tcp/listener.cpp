#include <trireme/transport/tcp/listener.hpp>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <trireme/transport/tcp/endpoint.hpp>

namespace trireme::transport::tcp {

namespace {

constexpr int accepts_a_turn = 256;

using addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

addresses resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) {
    throw error::with_text(std::make_error_code(std::errc::address_not_available),
                           "listen: " + std::string(::gai_strerror(code)) + ": " + host);
  }
  return {found, &::freeaddrinfo};
}

std::string name_of(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void turn_on(int fd, int level, int option) noexcept {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

int open_listening(const std::string& host, std::uint16_t port, const listener_options& options) {
  const addresses found = resolve(host, port);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw error::from_errno(errno, "socket");
  turn_on(fd, SOL_SOCKET, SO_REUSEADDR);
  if (options.reuse_port) turn_on(fd, SOL_SOCKET, SO_REUSEPORT);
  turn_on(fd, IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it: one call less for each
  if (::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, options.backlog) == 0) return fd;
  const int failure = errno;
  ::close(fd);
  throw error::from_errno(failure, "listen", name_of(host, port));
}

int open_reserve() noexcept { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

listener::listener(loop& owner, const std::string& host, std::uint16_t port, accept_handler on_accept,
                   listener_options options)
    : on_accept_(std::move(on_accept)),
      refused_(owner.counters().get("tcp.refused")),
      reserve_(open_reserve()),
      descriptor_(owner, open_listening(host, port, options), *this) {}

listener::~listener() {
  if (reserve_ >= 0) ::close(reserve_);
}

std::uint16_t listener::port() const { return endpoints_of(descriptor_.fd()).local.port; }

void listener::on_readable() {
  for (int left = accepts_a_turn; left > 0; --left) {
    const int accepted = descriptor_.accept();
    if (accepted >= 0) {
      on_accept_(accepted);
    } else if (accepted == -EMFILE || accepted == -ENFILE) {
      if (!refuse_one()) return;
    } else if (accepted != -ECONNABORTED && accepted != -EINTR) {
      return;
    }
  }
}

/// False where no client waits: without a free descriptor the kernel does not say so.
bool listener::refuse_one() noexcept {
  if (reserve_ >= 0) ::close(reserve_);
  const int victim = descriptor_.accept();
  if (victim >= 0) ::close(victim);
  reserve_ = open_reserve();
  if (victim >= 0) refused_.add();
  return victim >= 0;
}

}  // namespace trireme::transport::tcp

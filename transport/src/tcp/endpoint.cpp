#include <trireme/transport/tcp/endpoint.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace trireme::transport::tcp {

namespace {

using name_call = int (*)(int, sockaddr*, socklen_t*);

endpoint ask(int fd, name_call call) {
  sockaddr_storage found{};
  socklen_t size = sizeof found;
  auto* const generic = reinterpret_cast<sockaddr*>(&found);
  char host[NI_MAXHOST];
  if (call(fd, generic, &size) != 0) return {};
  if (::getnameinfo(generic, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) return {};
  if (found.ss_family == AF_INET6) return {host, ntohs(reinterpret_cast<sockaddr_in6&>(found).sin6_port), 6};
  return {host, ntohs(reinterpret_cast<sockaddr_in&>(found).sin_port), 4};
}

}  // namespace

endpoints endpoints_of(int fd) { return {ask(fd, &::getsockname), ask(fd, &::getpeername)}; }

}  // namespace trireme::transport::tcp

#pragma once
#include <cstdint>
#include <string>

namespace trireme::transport::tcp {

/// One end of a connection.
struct endpoint {
  std::string address;  ///< "127.0.0.1", "::1"; empty where the connection has gone
  std::uint16_t port = 0;
  int family = 0;  ///< 4 or 6
};

/// Both ends of a connection, seen from here.
struct endpoints {
  endpoint local;
  endpoint remote;
};

/// Asks the kernel; two system calls. An end it does not tell is empty. Any thread.
endpoints endpoints_of(int fd);

}  // namespace trireme::transport::tcp

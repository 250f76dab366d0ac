#pragma once
#include <cstdint>
#include <string>
#include <trireme/core/detail/descriptor.hpp>
#include <trireme/core/loop.hpp>

namespace trireme::transport::tcp {

/// How a listener is opened.
struct listener_options {
  listener_options() {}
  int backlog = 4096;       ///< connections that the kernel holds until they are accepted; it may cap this
  bool reuse_port = false;  ///< several processes or loops may listen on the port; the kernel shares it out
};

/// A listening TCP socket.
///
/// Thread: the loop's. Lifetime: the loop outlives it; it stops listening when destroyed,
/// which its handler must not do.
/// Errors: the constructor throws `error` naming host and port. Where the process is out of descriptors a
/// client is accepted and closed at once, so that it is not left waiting; the counter "tcp.refused" tells how
/// often.
class listener final : trireme::detail::descriptor::handler {
public:
  /// Gets each new connection as an open, non-blocking descriptor that it must own.
  using accept_handler = unique_function<void(int fd)>;

  /// `host`: an address or a name of this machine; `port` 0: any free one.
  listener(loop& owner, const std::string& host, std::uint16_t port, accept_handler on_accept,
           listener_options options = {});
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener();

  std::uint16_t port() const;
  /// Leaves new connections with the kernel.
  void pause() noexcept { descriptor_.pause_reading(); }
  void resume() noexcept { descriptor_.resume_reading(); }

private:
  void on_readable() override;
  bool refuse_one() noexcept;

  accept_handler on_accept_;
  counter& refused_;
  int reserve_;  // given up for a moment to refuse a client where no descriptor is left
  trireme::detail::descriptor descriptor_;
};

}  // namespace trireme::transport::tcp

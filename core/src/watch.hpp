#pragma once
// First: Asio's configuration depends on what the standard library has defined by then.
#include <cstddef>

#include <asio/detail/config.hpp>
#include <asio/version.hpp>
#include <memory>

// Asio's own registration is reached through asio::detail, which only the versions named here are known to
// bear.
#if ASIO_VERSION == 102201 && defined(ASIO_HAS_EPOLL) && !defined(ASIO_HAS_IO_URING_AS_DEFAULT) && \
    !defined(TRIREME_PORTABLE_WATCH)
#define TRIREME_PERSISTENT_WATCH 1
#else
#define TRIREME_PERSISTENT_WATCH 0
#endif

namespace trireme::detail {

class descriptor;

/// What Asio knows of one descriptor: a registration that stays (watch_persistent.cpp), or a wait that is
/// armed again after each event (watch_portable.cpp). Tells the descriptor by `mark_ready`.
class watch {
public:
  static watch* start(descriptor& owner);
  /// Everything was read: tell again when there is more.
  void await_readable();
  void await_writable();
  /// Ends the watch while the descriptor is still open, and in time the object itself. `closing`: the
  /// descriptor is closed next, which spares a call.
  void stop(bool closing) noexcept;

protected:
  static void mark_ready(descriptor& owner, bool readable, bool writable) noexcept;
  static void mark_failed(descriptor& owner) noexcept;
  watch() = default;
  ~watch() = default;
};

}  // namespace trireme::detail

#pragma once
#include <trireme/core/readable.hpp>
#include <trireme/core/writable.hpp>

namespace trireme {

/// A stream in both directions, as a connection is one: a source of what comes in, a sink of what goes out.
/// Each has its own end; `destroy` ends both.
///
/// Thread: the loop's. Lifetime: source and sink live as long as it does.
/// Source: https://nodejs.org/docs/latest-v20.x/api/stream.html#duplex-and-transform-streams
class duplex {
public:
  using bound_to_a_loop = void;
  duplex() = default;
  duplex(const duplex&) = delete;
  duplex& operator=(const duplex&) = delete;
  virtual ~duplex() = default;

  virtual readable& source() noexcept = 0;
  virtual writable& sink() noexcept = 0;
  void destroy(const error& reason = {}) {
    source().destroy(reason);
    sink().destroy(reason);
  }
};

}  // namespace trireme

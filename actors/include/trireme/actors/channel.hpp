#pragma once
#include <cstddef>
#include <memory>
#include <trireme/actors/port.hpp>

namespace trireme::actors {

/// How a channel is made.
struct channel_options {
  channel_options() {}
  /// How many messages may wait at each end; `post_message` answers `full` beyond.
  std::size_t limit = 65'536;
};

/// Two ports, each the other's peer: `first` posts `A` and `second` posts `B`. Keep either, or post both.
///
/// Thread: made on any; each port then has its own. Source:
/// https://nodejs.org/api/worker_threads.html#class-messagechannel
template <class A, class B = A>
struct channel {
  explicit channel(const channel_options& options = {})
      : channel(detail::make_port_end(options.limit), detail::make_port_end(options.limit)) {}

  port<A, B> first;
  port<B, A> second;

private:
  using end = std::shared_ptr<detail::port_end>;
  channel(end to_first, end to_second) : first(to_first, to_second), second(to_second, to_first) {}
};

}  // namespace trireme::actors

#pragma once
#include <string>
#include <string_view>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/transport/slots.hpp>
#include <trireme/transport/websocket/endpoint.hpp>
#include <unordered_map>
#include <vector>

namespace trireme::transport {

/// Fan-out: a message is encoded once and sent to every subscriber.
///
/// Thread: the loop's. Lifetime: its endpoint outlives it; connections that have gone drop out by themselves.
/// Order: each subscriber gets all messages published since it subscribed, in order; those of one turn in one
/// call.
class topic {
public:
  explicit topic(websocket::endpoint& members) : endpoint_(members) {}

  /// Subscribing twice is once.
  void subscribe(handle connection);
  void unsubscribe(handle connection);
  /// Returns to how many it was sent. Copied once for all subscribers from `tcp::stream::shared_from` bytes
  /// on, and once for each below.
  std::size_t publish(std::string_view payload, bool text);
  /// The same; from that size on it is not copied at all.
  std::size_t publish(const shared_bytes& payload, bool text);
  std::size_t size() const noexcept { return subscribers_.size(); }

private:
  template <class Send>
  std::size_t to_all(Send&& send);
  void remove_at(std::size_t place);

  websocket::endpoint& endpoint_;
  std::vector<handle> subscribers_;
  std::unordered_map<std::uint32_t, std::size_t> places_;  // by slot
  std::string frame_;
};

}  // namespace trireme::transport

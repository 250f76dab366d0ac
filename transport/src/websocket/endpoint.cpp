#include <trireme/transport/websocket/endpoint.hpp>

#include "partial.hpp"

namespace trireme::transport::websocket {

namespace {

constexpr duration sweep_period = std::chrono::seconds(1);

/// What a stream speaks between its birth and its connection's.
struct nothing final : tcp::stream::protocol {
  void on_data(std::span<char>) override {}
  void on_end() override {}
  void on_failed(const error&) override {}
};
nothing no_protocol;

}  // namespace

endpoint::endpoint(loop& owner, handler& target, endpoint_options options)
    : loop_(owner),
      handler_(target),
      options_(std::move(options)),
      limits_(options_.max_message),
      streams_(owner, options_.max_buffered),
      cut_off_(owner.counters().get("websocket.cut_off")),
      silent_(options_.ping_after),
      pinged_(options_.ping_after),
      leaving_(options_.close_patience),
      sweeper_(owner.set_interval(sweep_period, [this] { sweep(); })) {
  handshake_.subprotocols = options_.subprotocols;
  handshake_.require_subprotocol = options_.require_subprotocol;
  handshake_.any_origin = options_.any_origin;
  sweeper_.unref();
}

endpoint::~endpoint() {
  sweeper_.clear();
  self_.reset();
  connections_.clear();
}

void endpoint::adopt(int fd, std::string_view subprotocol, std::string_view answer, std::span<char> rest) {
  auto made = std::make_unique<connection>(*this, std::make_unique<tcp::stream>(streams_, fd, no_protocol),
                                           subprotocol);
  connection& added = *made;
  added.id_ = connections_.add(std::move(made));
  added.stream_->write(answer);
  added.heard();
  added.opened();
  if (!rest.empty() && !added.gone_) added.on_data(rest);
}

void endpoint::close_all(close_code code, std::string_view reason) {
  connections_.for_each([&](connection& each) { each.close(code, reason); });
}

void endpoint::sweep() {
  const time_point now = loop_.now();
  silent_.expire(now, [](timed& each) { static_cast<connection&>(each).ping(); });
  const auto cut = [this](timed& each) {
    connection& gone = static_cast<connection&>(each);
    if (!gone.parted_) cut_off_.add();
    gone.leave();
  };
  pinged_.expire(now, cut);
  leaving_.expire(now, cut);
}

void endpoint::remove(connection& gone) {
  // In the close phase, as in Node: whoever is on the stack may still use the reference.
  loop_.defer_close([self = std::weak_ptr(self_), id = gone.id_] {
    const auto owner = self.lock();
    const std::unique_ptr<connection> removed = owner ? owner->connections_.remove(id) : nullptr;
    if (!removed) return;
    const bool told = removed->parted_ && removed->partial_;
    owner->handler_.on_close(*removed, static_cast<std::uint16_t>(removed->code_),
                             told ? std::string_view(removed->partial_->reason) : std::string_view());
  });
}

}  // namespace trireme::transport::websocket

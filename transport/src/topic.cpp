#include <trireme/transport/topic.hpp>

namespace trireme::transport {

void topic::subscribe(handle connection) {
  const auto [found, added] = places_.try_emplace(connection.slot, subscribers_.size());
  if (added) {
    subscribers_.push_back(connection);
  } else {
    subscribers_[found->second] = connection;  // the same, or the slot's next tenant
  }
}

void topic::unsubscribe(handle connection) {
  const auto found = places_.find(connection.slot);
  if (found != places_.end() && subscribers_[found->second] == connection) remove_at(found->second);
}

std::size_t topic::publish(std::string_view payload, bool text) {
  if (payload.size() >= tcp::stream::shared_from) return publish(shared_bytes::copy_of(payload), text);
  frame_.clear();
  websocket::append_frame(frame_, text ? websocket::opcode::text : websocket::opcode::binary, true, payload);
  return to_all([this](websocket::connection& member) { return member.send_frame(frame_); });
}

std::size_t topic::publish(const shared_bytes& payload, bool text) {
  if (payload.size() < tcp::stream::shared_from) return publish(payload.view(), text);
  return to_all([&](websocket::connection& member) { return member.send(payload, text); });
}

template <class Send>
std::size_t topic::to_all(Send&& send) {
  for (std::size_t place = 0; place < subscribers_.size();) {
    websocket::connection* const found = endpoint_.find(subscribers_[place]);
    if (found && send(*found)) {
      ++place;
    } else {
      remove_at(place);
    }
  }
  return subscribers_.size();
}

void topic::remove_at(std::size_t place) {
  places_.erase(subscribers_[place].slot);
  subscribers_[place] = subscribers_.back();
  subscribers_.pop_back();
  if (place < subscribers_.size()) places_[subscribers_[place].slot] = place;
}

}  // namespace trireme::transport

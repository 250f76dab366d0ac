#include "wire_topics.hpp"

#include <algorithm>

#include "wire_session_state.hpp"

namespace trireme::proto::wire {

void topic_binding::on_publish(publication& published) { session_.fan_out(*this, published); }

void topic_binding::on_topic_end() { session_.topic_ended(*this); }

void topic_binding::add(wire_call& call) {
  list_of(call.wire_encoding()).push_back(&call);
  call.topics().push_back(this);
}

void topic_binding::remove(wire_call& call) noexcept { std::erase(list_of(call.wire_encoding()), &call); }

bool topic_table::bind(session_state& session, topic_base& topic, wire_call& call, std::size_t limit) {
  for (const topic_binding* each : call.topics()) {
    if (each->topic() == topic.id()) return true;
  }
  if (follows_ >= limit) return false;
  find_or_add(session, topic).add(call);
  ++follows_;
  return true;
}

void topic_table::unbind(wire_call& call) {
  for (topic_binding* each : call.topics()) {
    each->remove(call);
    if (each->empty()) erase(*each);
  }
  follows_ -= call.topics().size();
  call.topics().clear();
}

void topic_table::forget(topic_binding& binding) {
  for (const encoding form : {encoding::json, encoding::protobuf}) {
    for (wire_call* call : binding.calls(form)) {
      std::erase(call->topics(), &binding);
      --follows_;
    }
  }
  erase(binding);
}

topic_binding& topic_table::find_or_add(session_state& session, topic_base& topic) {
  for (const auto& each : bindings_) {
    if (each->topic() == topic.id()) return *each;
  }
  topic_binding& added = *bindings_.emplace_back(std::make_unique<topic_binding>(session, topic.id()));
  topic.follow(added);
  return added;
}

void topic_table::erase(topic_binding& binding) {
  const auto found = std::find_if(bindings_.begin(), bindings_.end(),
                                  [&](const auto& each) { return each.get() == &binding; });
  std::swap(*found, bindings_.back());
  bindings_.pop_back();
}

}  // namespace trireme::proto::wire

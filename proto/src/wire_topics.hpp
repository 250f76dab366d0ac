#pragma once
#include <cstdint>
#include <memory>
#include <trireme/proto/topic.hpp>
#include <vector>

namespace trireme::proto::wire {

class session_state;
class wire_call;

/// One topic that calls of one session follow: the session receives each message once for each encoding,
/// however many of its calls do.
class topic_binding final : public topic_follower {
public:
  topic_binding(session_state& session, std::uint32_t topic) noexcept : session_(session), topic_(topic) {}

  void on_publish(publication& published) override;
  void on_topic_end() override;

  std::uint32_t topic() const noexcept { return topic_; }
  void add(wire_call& call);
  void remove(wire_call& call) noexcept;
  bool empty() const noexcept { return text_.empty() && binary_.empty(); }
  const std::vector<wire_call*>& calls(encoding form) const noexcept {
    return form == encoding::json ? text_ : binary_;
  }

private:
  std::vector<wire_call*>& list_of(encoding form) noexcept {
    return form == encoding::json ? text_ : binary_;
  }

  session_state& session_;
  const std::uint32_t topic_;
  std::vector<wire_call*> text_;
  std::vector<wire_call*> binary_;
};

/// The topics of one session.
class topic_table {
public:
  /// Does nothing for a call that follows the topic already. False at the limit.
  bool bind(session_state& session, topic_base& topic, wire_call& call, std::size_t limit);
  /// The call has ended.
  void unbind(wire_call& call);
  /// The topic has.
  void forget(topic_binding& binding);

private:
  topic_binding& find_or_add(session_state& session, topic_base& topic);
  void erase(topic_binding& binding);

  std::vector<std::unique_ptr<topic_binding>> bindings_;
  std::size_t follows_ = 0;
};

}  // namespace trireme::proto::wire

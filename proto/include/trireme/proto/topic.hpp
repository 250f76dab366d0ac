#pragma once
#include <google/protobuf/message.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/proto/encoding.hpp>

namespace trireme::proto {

namespace detail {

/// A link of a topic's list: a follower, or the mark of a `publish` that is under way.
struct topic_node : trireme::detail::list_node {
  explicit topic_node(bool follows) noexcept : is_follower(follows) {}
  const bool is_follower;
};

}  // namespace detail

/// One published message on its way to the followers: encoded at most once for each encoding, whoever asks.
///
/// Thread: the loop's. Lifetime: the call of `topic_follower::on_publish`; the bytes may be kept.
class publication {
public:
  publication(std::uint32_t topic, const google::protobuf::Message& message) noexcept
      : topic_(topic), message_(message) {}
  publication(const publication&) = delete;
  publication& operator=(const publication&) = delete;

  std::uint32_t topic() const noexcept { return topic_; }
  const google::protobuf::Message& message() const noexcept { return message_; }
  /// The message alone, in that encoding.
  const shared_bytes& bytes(encoding format);
  /// The message as a dialect wraps it: `make(publication&)` returns `shared_bytes` and is called once for
  /// each publication and encoding. There is one dialect that wraps what is fanned out, the WebSocket
  /// session.
  template <class Make>
  const shared_bytes& frame(encoding format, Make&& make) {
    auto& kept = frames_[static_cast<std::size_t>(format)];
    if (!kept) kept.emplace(make(*this));
    return *kept;
  }

private:
  std::uint32_t topic_;
  const google::protobuf::Message& message_;
  std::array<std::optional<shared_bytes>, 2> bytes_;
  std::array<std::optional<shared_bytes>, 2> frames_;
};

/// Who is told of what a topic publishes: a call, or a binding for all its sessions at once. Unlinks itself
/// when destroyed.
///
/// Thread: the loop's.
class topic_follower : public detail::topic_node {
public:
  using bound_to_a_loop = void;
  topic_follower() noexcept : topic_node(true) {}
  topic_follower(const topic_follower&) = delete;
  topic_follower& operator=(const topic_follower&) = delete;
  /// May destroy this and other followers, add some, which first hear of the next message, and publish.
  virtual void on_publish(publication& published) = 0;
  /// The topic is being destroyed; it is forgotten already.
  virtual void on_topic_end() {}

protected:
  ~topic_follower() = default;
};

/// A topic of whatever type; see `topic`.
class topic_base {
public:
  using bound_to_a_loop = void;
  topic_base(const topic_base&) = delete;
  topic_base& operator=(const topic_base&) = delete;

  /// Unique in the process while the topic lives, never 0.
  std::uint32_t id() const noexcept { return id_; }
  loop& owner() const noexcept { return loop_; }
  /// Followers: each call counts once, or each binding that fans out by itself.
  std::size_t size() const noexcept;
  /// In the order of following, each at most once in one topic.
  void follow(topic_follower& follower) noexcept { follower.insert_before(followers_); }

protected:
  explicit topic_base(loop& owner) noexcept;
  ~topic_base();
  void publish_message(const google::protobuf::Message& message);

private:
  loop& loop_;
  const std::uint32_t id_;
  trireme::detail::list_node followers_;  // the head of a ring of topic_nodes
};

/// Fan-out: what is published reaches every call that follows it. Encoded once for each encoding in use, and
/// where a binding can, one frame goes to all, byte for byte the same.
///
///     topic<Event> events{loop};
///     out.follow(events);        // in a streaming method
///     events.publish(said);      // anywhere on the loop
///
/// Thread: the loop's.
/// Lifetime: may be destroyed while followed; the calls go on.
/// Order: followers are told in the order of following, messages in the order published.
/// Limits: a follower that has too much unsent is ended with `resource_exhausted`; the others do not wait for
/// it.
template <class T>
class topic final : public topic_base {
public:
  explicit topic(loop& owner) noexcept : topic_base(owner) {}
  template <class Owner>
  requires requires(Owner& owner) { static_cast<loop&>(owner.owner()); }
  explicit topic(Owner& owner) noexcept : topic_base(owner.owner()) {}

  void publish(const T& message) { publish_message(message); }
};

}  // namespace trireme::proto

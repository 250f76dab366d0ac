#pragma once
#include <trireme/chat/v1/chat.pb.h>
#include <cstdint>
#include <memory>
#include <string>
#include <trireme/actors/actor_system.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <vector>

namespace trireme::services::chat {

/// How a history is made.
struct history_options {
  history_options() {}
  /// Questions that have no answer yet; one more rejects with `errc::full`.
  std::size_t max_waiting = 10'000;
  /// Where the worker runs; null means a thread. Outlives the history.
  actors::worker_host* host = nullptr;
};

/// The loop's side of the history: an actor on a thread of its own owns the store, and answers each question
/// in the order asked.
///
/// Thread: the loop's.
/// Lifetime: the loop outlives it. What was answered has been written. What was asked is done and answered
/// though the call that asked has been stopped; destroying this drops the questions that wait, whose promises
/// reject with `errc::closed`. Errors: promises reject with the store's error, or `errc::full` where too many
/// questions have no answer yet, which counts as "chat.history.full".
class history {
public:
  using Said = trireme::chat::v1::Said;

  /// Throws `error` where the folder cannot be used.
  history(loop& owner, const std::string& folder, const history_options& options = {});

  promise<Said> append(std::string room, std::string name, std::string text);
  promise<std::vector<Said>> read(std::string room, std::uint64_t before, std::uint32_t count);

private:
  class keeper;
  template <class Answer, class Question>
  promise<Answer> ask(Question question);

  loop& loop_;
  const std::size_t max_waiting_;
  const std::shared_ptr<std::size_t> waiting_ = std::make_shared<std::size_t>(0);  // who waits may outlive us
  actors::actor_system system_;
  actors::actor_ref<keeper> keeper_;
};

}  // namespace trireme::services::chat

#pragma once
#include <trireme/chat/v1/chat.pb.h>
#include <cstdint>
#include <memory>
#include <string>
#include <trireme/actors/worker.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <unordered_map>
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

/// The loop's side of the history: a worker actor owns the store, and answers each question in the order
/// asked.
///
/// Thread: the loop's.
/// Lifetime: the loop outlives it. What was answered has been written; destroying it drops the questions that
/// wait, whose promises reject with `errc::broken_promise`. Errors: promises reject with the store's error,
/// or `errc::full` where too many questions wait, which counts as "chat.history.full".
class history {
public:
  /// Throws `error` where the folder cannot be used.
  history(loop& owner, const std::string& folder, const history_options& options = {});
  ~history();

  promise<trireme::chat::v1::Said> append(std::string room, std::string name, std::string text);
  promise<std::vector<trireme::chat::v1::Said>> read(std::string room, std::uint64_t before,
                                                     std::uint32_t count);

private:
  using messages = std::vector<trireme::chat::v1::Said>;
  struct question {
    std::uint64_t number = 0;
    bool appends = false;
    std::string room;
    std::string name;
    std::string text;
    std::int64_t time_ms = 0;
    std::uint64_t before = 0;
    std::uint32_t count = 0;
  };
  struct answer {
    std::uint64_t number = 0;
    messages found;
    error failure;
  };

  promise<messages> ask(question asked);
  void take(answer given);

  loop& loop_;
  const std::size_t max_waiting_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, resolver<messages>> waiting_;
  std::unique_ptr<actors::worker<question, answer>> worker_;
};

}  // namespace trireme::services::chat

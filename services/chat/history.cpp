#include "chat/history.hpp"

#include <chrono>
#include <trireme/actors/actor.hpp>

#include "chat/history_store.hpp"

namespace trireme::services::chat {

namespace {

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// What `work` returns, or throws.
template <class Work>
result<std::invoke_result_t<Work&>> attempt(Work work) {
  try {
    return work();
  } catch (...) {
    return error::from(std::current_exception());
  }
}

actors::actor_system_options system_for(const history_options& chosen) {
  actors::actor_system_options options;
  options.name = "history";
  options.host = chosen.host;
  options.mailbox_limit = chosen.max_waiting;
  return options;
}

}  // namespace

/// Owns the store. What that throws answers the question, and the next one is served.
class history::keeper : public actors::actor<keeper> {
public:
  struct append {
    std::string room;
    std::string name;
    std::string text;
    std::int64_t time_ms = 0;
  };
  struct read {
    std::string room;
    std::uint64_t before = 0;
    std::uint32_t count = 0;
  };

  explicit keeper(std::unique_ptr<history_store> store) : store_(std::move(store)) {}

  result<Said> on(append asked) {
    return attempt([&] {
      return store_->append(asked.room, std::move(asked.name), std::move(asked.text), asked.time_ms);
    });
  }
  result<std::vector<Said>> on(const read& asked) {
    return attempt([&] { return store_->read(asked.room, asked.before, asked.count); });
  }

private:
  std::unique_ptr<history_store> store_;
};

// The store is opened here, so that a folder that cannot be used stops the start; then it is the actor's
// alone.
history::history(loop& owner, const std::string& folder, const history_options& options)
    : loop_(owner),
      max_waiting_(options.max_waiting),
      system_(owner, system_for(options)),
      keeper_(system_.spawn<keeper>(std::make_unique<history_store>(folder))) {}

promise<history::Said> history::append(std::string room, std::string name, std::string text) {
  return ask<Said>(keeper::append{std::move(room), std::move(name), std::move(text), wall_clock_ms()});
}

promise<std::vector<history::Said>> history::read(std::string room, std::uint64_t before,
                                                  std::uint32_t count) {
  return ask<std::vector<Said>>(keeper::read{std::move(room), before, count});
}

template <class Answer, class Question>
promise<Answer> history::ask(Question question) {
  if (*waiting_ >= max_waiting_) {
    loop_.counters().get("chat.history.full").add();
    return promise<Answer>::rejected(loop_, error(make_error_code(errc::full), "chat history"));
  }
  ++*waiting_;
  constexpr duration no_limit = duration::max();
  auto answer =
      loop_.run_in(context_ptr(), [&] { return system_.ask(keeper_, std::move(question), no_limit); });
  return std::move(answer).finally([waiting = waiting_] { --*waiting; });
}

}  // namespace trireme::services::chat

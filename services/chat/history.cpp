#include "chat/history.hpp"

#include <chrono>

#include "chat/history_store.hpp"

namespace trireme::services::chat {

namespace {

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

history::history(loop& owner, const std::string& folder, const history_options& chosen)
    : loop_(owner), max_waiting_(chosen.max_waiting) {
  // Opened here, so that a folder that cannot be used stops the start; from then on the worker's alone.
  auto store = std::make_unique<history_store>(folder);
  actors::worker_options options;
  options.name = "history";
  options.host = chosen.host;
  // More than can be under way, so that every answer finds room.
  options.mailbox_limit = options.outbox_limit = max_waiting_ + 1;
  worker_ = std::make_unique<actors::worker<question, answer>>(
      owner,
      [store = std::move(store)](actors::worker_port<answer, question>& parent) mutable {
        parent.on_message([&parent, owned = std::move(store)](question asked) {
          answer given;
          given.number = asked.number;
          try {
            if (asked.appends) {
              given.found.push_back(
                  owned->append(asked.room, std::move(asked.name), std::move(asked.text), asked.time_ms));
            } else {
              given.found = owned->read(asked.room, asked.before, asked.count);
            }
          } catch (...) {
            given.failure = error::from(std::current_exception());
          }
          (void)parent.post_message(std::move(given));
        });
      },
      options);
  worker_->unref();
  worker_->on_message([this](answer given) { take(std::move(given)); });
}

history::~history() = default;

promise<trireme::chat::v1::Said> history::append(std::string room, std::string name, std::string text) {
  question asked;
  asked.appends = true;
  asked.room = std::move(room);
  asked.name = std::move(name);
  asked.text = std::move(text);
  asked.time_ms = wall_clock_ms();
  return ask(std::move(asked)).then([](messages one) { return std::move(one.front()); });
}

promise<history::messages> history::read(std::string room, std::uint64_t before, std::uint32_t count) {
  question asked;
  asked.room = std::move(room);
  asked.before = before;
  asked.count = count;
  return ask(std::move(asked));
}

promise<history::messages> history::ask(question asked) {
  asked.number = next_number_++;
  auto [answered, settle] = make_promise<messages>(loop_);
  const std::uint64_t number = asked.number;
  const bool room = waiting_.size() < max_waiting_;
  switch (room ? worker_->post_message(std::move(asked)) : posting::full) {
    case posting::posted:
      waiting_.emplace(number, std::move(settle));
      break;
    case posting::full:
      loop_.counters().get("chat.history.full").add();
      settle.reject(error(make_error_code(errc::full), "chat history"));
      break;
    case posting::closed:
      settle.reject(error(make_error_code(errc::closed), "chat history"));
      break;
  }
  return std::move(answered);
}

void history::take(answer given) {
  auto found = waiting_.extract(given.number);
  if (given.failure) {
    found.mapped().reject(std::move(given.failure));
  } else {
    found.mapped().resolve(std::move(given.found));
  }
}

}  // namespace trireme::services::chat

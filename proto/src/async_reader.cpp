#include <trireme/proto/async_reader.hpp>

namespace trireme::proto::detail {

void input::push(message_ptr message) {
  if (ended_ || failure_) return;
  messages_.push(std::move(message));
  wake();
}

void input::end() {
  if (ended_ || failure_) return;
  ended_ = true;
  wake();
}

void input::fail(const error& reason) {
  if (failure_) return;
  failure_ = reason;
  messages_.clear();
  wake();
}

message_ptr input::take() {
  if (messages_.empty()) return nullptr;
  message_ptr taken = messages_.pop();
  owner_.consumed();
  return taken;
}

}  // namespace trireme::proto::detail

#include <trireme/proto/detail/output.hpp>

namespace trireme::proto::detail {

promise<bool> output::write(const google::protobuf::Message& message) {
  if (closed_) return promise<bool>::resolved(loop_, false);
  if (writable()) {
    sink_.sink_send(message);
    return promise<bool>::resolved(loop_, true);
  }
  if (full()) {
    sink_.sink_full();
    return promise<bool>::resolved(loop_, false);
  }
  auto state = trireme::detail::promise_ref<bool>::make(loop_);
  queue_.push(item(copy_of(message), state));
  return promise<bool>(std::move(state));
}

bool output::push(const google::protobuf::Message& message) {
  if (!writable()) return push(copy_of(message));
  sink_.sink_send(message);
  return true;
}

bool output::push(message_ptr message) {
  if (closed_) return false;
  if (full()) {
    sink_.sink_full();
    return false;
  }
  if (writable()) {
    sink_.sink_send(*message);
  } else {
    queue_.push(item(std::move(message), {}));
  }
  return true;
}

std::size_t output::flush() {
  std::size_t count = 0;
  while (!queue_.empty() && sink_.sink_ready()) {
    const item next = queue_.pop();
    sink_.sink_send(*next.message);  // may close this
    if (next.writer) next.writer->fulfil(true);
    ++count;
  }
  return count;
}

void output::close() {
  closed_ = true;
  while (!queue_.empty()) {
    if (const item next = queue_.pop(); next.writer) next.writer->fulfil(false);
  }
}

}  // namespace trireme::proto::detail

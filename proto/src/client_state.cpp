#include <trireme/proto/codec.hpp>
#include <trireme/proto/detail/client_state.hpp>

namespace trireme::proto::detail {
namespace {

constexpr std::size_t max_unsent = 64;

}  // namespace

client_state::client_state(client_channel& channel, const method_descriptor& method)
    : loop_(channel.owner()), channel_(channel), method_(method), output_(loop_, *this, max_unsent) {}

client_state::~client_state() = default;

void client_state::open(const call_options& options) {
  call_ = channel_.open(method_, options, *this);
  if (!done_) output_.flush();
}

void client_state::half_close() {
  closing_ = true;
  close_if_flushed();
}

void client_state::close_if_flushed() {
  if (!closing_ || done_ || !call_ || !output_.empty()) return;
  closing_ = false;
  call_->half_close();
}

void client_state::cancel() {
  if (!done_ && call_) call_->cancel();
}

void client_state::on_message(encoding format, std::string_view bytes) {
  if (done_) return;
  message_ptr arrived(method_.reply->New());
  if (const status read = decode(format, bytes, *arrived); !read) {
    conclude(status(code::internal, "malformed reply: " + read.message()), {});
    if (call_) call_->cancel();
    return;
  }
  replies().push(std::move(arrived));
}

void client_state::on_ready() {
  if (done_) return;
  output_.flush();
  close_if_flushed();
}

void client_state::on_finish(const status& outcome, const metadata& trailers) { conclude(outcome, trailers); }

void client_state::conclude(const status& outcome, const metadata& trailers) {
  if (std::exchange(done_, true)) return;
  trailers_ = trailers;
  output_.close();
  if (outcome.ok()) {
    replies().end();
  } else {
    replies().fail(outcome.to_error());
  }
  finished(outcome);
}

void client_state::consumed() {
  if (!done_ && call_) call_->consumed();
}

bool client_state::sink_ready() const { return !done_ && call_ && call_->ready(); }

void client_state::sink_send(const google::protobuf::Message& message) { call_->send(message); }

}  // namespace trireme::proto::detail

// The frames of trireme.v1: bytes that a client may send give a frame or an error, and what was read, written
// again, reads the same. Then the same bytes as a session's messages: a byte that says text or binary and
// what comes before it, a length of two bytes, the message. Services are the dispatcher's own answer: no such
// method.

#include <trireme/wire/v1/wire.pb.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <trireme/actors/manual_host.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/wire_session.hpp>

#include "wire_frame.hpp"

namespace {

using namespace trireme::proto;
using trireme::wire::v1::Frame;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

std::string written(const wire::frame& seen) {
  Frame frame;
  frame.set_call(seen.call);
  frame.set_topic(seen.topic);
  switch (seen.kind) {
    case wire::frame_kind::hello:
      *frame.mutable_hello() = *seen.hello;
      break;
    case wire::frame_kind::open:
      *frame.mutable_open() = *seen.open;
      break;
    case wire::frame_kind::status:
      *frame.mutable_status() = *seen.status;
      break;
    case wire::frame_kind::credit:
      frame.mutable_credit()->set_messages(seen.credit);
      break;
    case wire::frame_kind::subscribed:
      frame.mutable_subscribed()->set_topic(seen.subscribed);
      break;
    case wire::frame_kind::message:
      frame.mutable_message();
      break;
    case wire::frame_kind::half_close:
      frame.mutable_half_close();
      break;
    case wire::frame_kind::cancel:
      frame.mutable_cancel();
      break;
  }
  if (seen.message) frame.set_payload(std::string(*seen.message));
  return frame.SerializeAsString();
}

void read_one(std::string_view bytes, encoding form) {
  const std::unique_ptr<char[]> exact(new char[bytes.size() + 1]);  // ASan sees a read past the end of it
  bytes.copy(exact.get(), bytes.size());
  const std::string_view input(exact.get(), bytes.size());
  wire::frame seen;
  if (wire::decode(input, form, seen) != wire::wire_error::none) return;
  if (seen.message && (seen.message->data() < input.data() ||
                       seen.message->data() + seen.message->size() > input.data() + input.size())) {
    fail("the message is not a part of the frame");
  }
  const std::string again = written(seen);
  wire::frame twice;
  if (wire::decode(again, encoding::protobuf, twice) != wire::wire_error::none)
    fail("what was read cannot be written");
  if (twice.call != seen.call || twice.kind != seen.kind ||
      twice.message.value_or("") != seen.message.value_or("")) {
    fail("what was written reads otherwise");
  }
  Frame whole;
  if (form == encoding::protobuf && !whole.ParseFromArray(input.data(), static_cast<int>(input.size()))) {
    fail("a frame that protobuf does not take");
  }
}

class socket final : public message_socket {
public:
  void send(std::string_view bytes, bool text) override {
    if (closed_) fail("sent after the close");
    if (!text && !Frame().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) fail("sent no frame");
  }
  void send_shared(const trireme::shared_bytes& bytes, bool text) override { send(bytes.view(), text); }
  std::size_t buffered() const override { return 0; }
  void close(std::uint16_t code, std::string_view reason) override {
    if (closed_ || code < 1000 || reason.size() > 123) fail("closed twice, or badly");
    closed_ = true;
  }

private:
  bool closed_ = false;
};

trireme::actors::pool_options one_worker(trireme::actors::worker_host& host) {
  trireme::actors::pool_options made;
  made.workers = 1;
  made.host = &host;
  return made;
}

// What does not change from one input to the next.
struct world {
  trireme::testing::test_loop loop;
  trireme::actors::manual_host host;
  trireme::actors::pool pool{loop, one_worker(host)};
  dispatcher services{loop, pool};
  wire_session_options options;
};

void run_session(std::string_view input) {
  static world here;
  socket to;
  wire_session session(to, here.services, here.options);
  Frame hello;
  hello.mutable_hello()->set_version(1);
  if (!input.empty() && (input[0] & 2) != 0) session.on_message(hello.SerializeAsString(), false);
  while (input.size() >= 3) {
    const bool text = (input[0] & 1) != 0;
    const std::size_t wanted =
        static_cast<std::uint8_t>(input[1]) * 256u + static_cast<std::uint8_t>(input[2]);
    const std::string_view message = input.substr(3, wanted);
    input.remove_prefix(3 + message.size());
    session.on_message(message, text);
    here.loop.poll();
  }
  session.on_closed();
  if (session.calls() != 0 || here.services.active() != 0) fail("calls are left");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool silent = [] {
    google::protobuf::SetLogHandler(nullptr);  // it would write a line for each malformed string
    return true;
  }();
  static_cast<void>(silent);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read_one(input, encoding::protobuf);
  read_one(input, encoding::json);
  run_session(input);
  return 0;
}

#include <trireme/proto/wire_session.hpp>

#include <gtest/gtest.h>
#include <trireme/test/v1/echo.pb.h>
#include <trireme/wire/v1/wire.pb.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <trireme/actors/manual_host.hpp>
#include <trireme/core/sleep.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <trireme/proto/codec.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/generated.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace trireme;
using namespace trireme::proto;
using trireme::testing::order;
using trireme::testing::test_loop;
using trireme::wire::v1::Frame;
using Said = trireme::test::v1::Times;

constexpr auto binary = encoding::protobuf;
constexpr auto text = encoding::json;

Said said(std::string what) {
  Said message;
  message.set_text(std::move(what));
  return message;
}

method_descriptor method(std::string_view name, std::string_view path, call_kind kind) {
  method_descriptor made;
  made.name = name;
  made.path = path;
  made.kind = kind;
  made.request = &Said::default_instance();
  made.reply = &Said::default_instance();
  return made;
}

// One method for each thing a session has to do with a call.
class probe : public service {
public:
  explicit probe(loop& owner) : events_(std::make_unique<topic<Said>>(owner)), others_(owner) {}

  const service_descriptor& descriptor() const override {
    static const method_descriptor methods[] = {
        method("Echo", "/p.Probe/Echo", call_kind::unary),
        method("Count", "/p.Probe/Count", call_kind::server_stream),
        method("Join", "/p.Probe/Join", call_kind::client_stream),
        method("Talk", "/p.Probe/Talk", call_kind::bidi),
        method("Follow", "/p.Probe/Follow", call_kind::server_stream),
        method("Hang", "/p.Probe/Hang", call_kind::unary),
        method("Slow", "/p.Probe/Slow", call_kind::bidi),
        method("Who", "/p.Probe/Who", call_kind::unary),
        method("Two", "/p.Probe/Two", call_kind::server_stream),
        method("Act", "/p.Probe/Act", call_kind::unary),
        method("ActAtOnce", "/p.Probe/ActAtOnce", call_kind::bidi),
    };
    static const service_descriptor described{"p.Probe", methods};
    return described;
  }

  task<status> start(std::size_t index, server_call& call) override {
    using context = call_context;
    using reader = async_reader<Said>;
    using writer = async_writer<Said>;
    const auto unary = [&](auto body) { return start_unary<Said, Said>(call, std::move(body)); };
    const auto stream = [&](auto body) { return start_server_stream<Said, Said>(call, std::move(body)); };
    const auto bidi = [&](auto body) { return start_bidi<Said, Said>(call, std::move(body)); };
    switch (index) {
      case 0:
        return unary([this](const Said& in, Said& out, context&) { return echo(in, out); });
      case 1:
        return stream([this](const Said& in, writer& out, context&) { return count(in, out); });
      case 2:
        return start_client_stream<Said, Said>(
            call, [this](reader& in, Said& out, context&) { return join(in, out); });
      case 3:
        return bidi([this](reader& in, writer& out, context&) { return talk(in, out); });
      case 4:
        return stream([this](const Said&, writer& out, context&) { return follow(out, false); });
      case 5:
        return unary([this](const Said&, Said&, context& c) { return hang(c); });
      case 6:
        return bidi([this](reader& in, writer&, context& c) { return slow(in, c); });
      case 7:
        return unary([this](const Said&, Said& out, context& c) { return who(out, c); });
      case 8:
        return stream([this](const Said&, writer& out, context&) { return follow(out, true); });
      case 9:
        return unary([this](const Said&, Said&, context& c) { return act_then_hang(c); });
      default:
        return bidi([this](reader&, writer&, context& c) { return act_then_hang(c); });
    }
  }

  topic<Said>& events() { return *events_; }
  topic<Said>& others() { return others_; }
  void end_events() { events_.reset(); }
  order stopped;
  order wrote;
  /// How many messages Slow may read; it looks every second.
  std::size_t may_read = 0;
  /// What Act and ActAtOnce do before they hang.
  std::function<void()> act;

private:
  task<status> act_then_hang(call_context& call) {
    act();
    return hang(call);
  }
  task<status> echo(const Said& in, Said& out) {
    if (in.count() == 2) co_return status(code::aborted, "a\xff");
    if (in.count() == 1) {
      out.set_text(std::string(300'000, 'b'));
    } else {
      out = in;
    }
    co_return status();
  }
  task<status> count(const Said& in, async_writer<Said>& out) {
    for (std::uint64_t number = 1; number <= in.count(); ++number) {
      Said next;
      next.set_count(number);
      if (!in.text().empty()) next.set_text(std::string(100'000, 'x'));
      const bool taken = co_await out.write(next);
      if (!taken) co_return status(code::canceled);
      wrote(std::to_string(number));
    }
    co_return status();
  }
  task<status> join(async_reader<Said>& in, Said& out) {
    while (const std::optional<Said> next = co_await in.read()) out.set_text(out.text() + next->text());
    co_return status();
  }
  task<status> talk(async_reader<Said>& in, async_writer<Said>& out) {
    while (const std::optional<Said> next = co_await in.read()) co_await out.write(*next);
    co_return status(code::out_of_range, "said all");
  }
  task<status> follow(async_writer<Said>& out, bool both) {
    out.follow(*events_);
    out.follow(*events_);
    if (both) out.follow(others_);
    co_await out.until_stopped();
    stopped("follow");
    co_return status();
  }
  task<status> hang(call_context& call) {
    const auto pause = co_await as_result(trireme::sleep(call.owner(), 1h));
    stopped(pause ? "slept" : pause.error().message());
    co_return status();
  }
  task<status> slow(async_reader<Said>& in, call_context& call) {
    while (true) {
      co_await trireme::sleep(call.owner(), 1s);
      for (; may_read > 0; --may_read) {
        const std::optional<Said> next = co_await in.read();
        if (!next) co_return status();
      }
    }
  }
  task<status> who(Said& out, call_context& call) {
    for (const auto& [name, value] : call.request_metadata())
      out.set_text(out.text() + name + "=" + value + ";");
    out.set_text(out.text() + "from " + std::string(call.peer()));
    if (const auto deadline = call.deadline()) {
      out.set_count(static_cast<std::uint32_t>((*deadline - call.owner().now()) / 1ms));
    }
    call.trailers().add("seen", "yes");
    call.trailers().add("seen", "twice");
    co_return status();
  }

  std::unique_ptr<topic<Said>> events_;
  topic<Said> others_;
};

struct sent_message {
  sent_message(std::string given_bytes, bool given_text) : bytes(std::move(given_bytes)), text(given_text) {}
  std::string bytes;
  bool text;
};

// Keeps what was sent, and is as full as the test says.
class fake_socket final : public message_socket {
public:
  void send(std::string_view bytes, bool is_text) override {
    EXPECT_EQ(close_code, 0);
    sent.emplace_back(std::string(bytes), is_text);
    waiting += held_back ? bytes.size() : 0;
  }
  void send_shared(const shared_bytes& bytes, bool is_text) override {
    shared.push_back(bytes);
    send(bytes.view(), is_text);
  }
  std::size_t buffered() const override { return waiting; }
  void close(std::uint16_t code, std::string_view why) override {
    EXPECT_EQ(close_code, 0);
    close_code = code;
    reason = why;
  }

  std::vector<sent_message> sent;
  std::vector<shared_bytes> shared;
  bool held_back = false;
  std::size_t waiting = 0;
  int close_code = 0;
  std::string reason;
};

// A client that says what a test wants it to.
class peer {
public:
  peer(dispatcher& services, const wire_session_options& options, std::string name = "someone")
      : session(std::make_unique<wire_session>(socket, services, options, std::move(name))) {}

  void raw(std::string_view bytes, encoding form = binary) { session->on_message(bytes, form == text); }
  void give(const Frame& frame, encoding form = binary) {
    std::string bytes;
    encode(form, frame, bytes);
    raw(bytes, form);
  }
  void hello(encoding form = binary, std::uint32_t credit = 0, std::string token = {},
             std::uint32_t largest = 0) {
    Frame frame;
    frame.mutable_hello()->set_version(1);
    frame.mutable_hello()->set_initial_credit(credit);
    frame.mutable_hello()->set_token(std::move(token));
    frame.mutable_hello()->set_max_message_bytes(largest);
    give(frame, form);
    socket.sent.clear();
  }
  void open(std::uint32_t call, std::string method, std::optional<Said> message = {}, encoding form = binary,
            std::uint32_t timeout_ms = 0) {
    Frame frame;
    frame.set_call(call);
    frame.mutable_open()->set_method("/p.Probe/" + std::move(method));
    frame.mutable_open()->set_timeout_ms(timeout_ms);
    frame.mutable_open()->set_complete(message.has_value());
    give(frame, message, form);
  }
  void say(std::uint32_t call, const Said& message, encoding form = binary) {
    Frame frame;
    frame.set_call(call);
    frame.mutable_message();
    give(frame, message, form);
  }
  void half_close(std::uint32_t call, encoding form = binary) {
    Frame frame;
    frame.set_call(call);
    frame.mutable_half_close();
    give(frame, form);
  }
  void cancel(std::uint32_t call) {
    Frame frame;
    frame.set_call(call);
    frame.mutable_cancel();
    give(frame);
  }
  void credit(std::uint32_t call, std::uint32_t messages) {
    Frame frame;
    frame.set_call(call);
    frame.mutable_credit()->set_messages(messages);
    give(frame);
  }

  // What came, one line for each frame, and forgets it.
  std::vector<std::string> seen() {
    std::vector<std::string> lines;
    for (const sent_message& each : socket.sent)
      lines.push_back(each.text ? each.bytes : line_of(each.bytes));
    socket.sent.clear();
    return lines;
  }
  // The status of the last frame.
  std::string last_status() {
    const auto lines = seen();
    return lines.empty() ? "" : lines.back();
  }

  fake_socket socket;
  std::unique_ptr<wire_session> session;

private:
  void give(Frame& frame, const std::optional<Said>& message, encoding form) {
    if (form == binary) {
      if (message) frame.set_payload(message->SerializeAsString());
      return give(frame);
    }
    std::string bytes;
    encode(text, frame, bytes);
    if (message) {
      bytes.pop_back();
      bytes += ",\"json\":";
      encode(text, *message, bytes);
      bytes += '}';
    }
    raw(bytes, text);
  }

  static std::string line_of(const std::string& bytes) {
    Frame frame;
    if (!frame.ParseFromString(bytes)) return "not a frame";
    std::string line = frame.topic() ? "topic" : std::to_string(frame.call());
    if (frame.has_hello()) line += " hello " + frame.hello().ShortDebugString();
    if (frame.has_message()) line += " " + payload_of(frame);
    if (frame.has_credit()) line += " credit " + std::to_string(frame.credit().messages());
    if (frame.has_subscribed()) line += frame.subscribed().topic() ? " subscribed" : " subscribed to nothing";
    if (frame.has_status()) {
      line += " status " + std::to_string(frame.status().code()) + " " + frame.status().message();
      for (const auto& [name, value] : frame.status().metadata()) line += " " + name + "=" + value;
    }
    return line;
  }
  static std::string payload_of(const Frame& frame) {
    Said message;
    if (!message.ParseFromString(frame.payload())) return "not a message";
    if (message.text().size() > 1000) return "large";
    return message.ShortDebugString();
  }
};

using lines = std::vector<std::string>;

class WireSession : public ::testing::Test {
protected:
  static actors::pool_options on(actors::worker_host& host) {
    actors::pool_options made;
    made.workers = 1;
    made.host = &host;
    return made;
  }
  WireSession() { services.add(probe_); }

  // All that can happen without time passing.
  void settle() {
    for (int turn = 0; turn < 4; ++turn) loop.poll();
  }
  void pass(duration time) {
    bool over = false;
    loop.set_timeout(time, [&] { over = true; });
    while (!over) loop.run_once();
    settle();
  }
  std::int64_t counted(std::string_view name) { return loop.counters().get(name).value(); }
  // Everything a bad frame must do, and that the next client is served.
  void expect_closed(peer& client, int code) {
    EXPECT_EQ(client.socket.close_code, code) << client.socket.reason;
    EXPECT_EQ(client.session->calls(), 0u);
    EXPECT_LE(client.socket.reason.size(), 123u);
    client.raw("whatever", text);
    client.session->on_drained();
    client.session->on_closed();
    peer next(services, options);
    next.hello();
    next.open(1, "Echo", said("still here"));
    settle();
    EXPECT_EQ(next.seen(), (lines{"1 text: \"still here\"", "1 status 0 "}));
  }

  test_loop loop;
  actors::manual_host host;
  actors::pool pool{loop, on(host)};
  dispatcher services{loop, pool};
  wire_session_options options;
  std::shared_ptr<probe> probe_ = std::make_shared<probe>(loop);
};

TEST_F(WireSession, AnswersAHelloInItsEncodingWithItsOwnLimits) {
  options.max_calls = 9;
  peer binary_client(services, options);
  Frame frame;
  frame.mutable_hello()->set_version(1);
  binary_client.give(frame);
  EXPECT_EQ(binary_client.seen(),
            (lines{"0 hello version: 1 agent: \"trireme/0.1\" max_message_bytes: 1048576 max_calls: 9 "
                   "initial_credit: 16"}));
  peer text_client(services, options);
  text_client.raw(R"({"hello":{"version":1,"agent":"page"}})", text);
  EXPECT_EQ(text_client.seen(),
            (lines{R"({"hello":{"version":1,"agent":"trireme/0.1","maxMessageBytes":1048576,)"
                   R"("maxCalls":9,"initialCredit":16}})"}));
}

TEST_F(WireSession, ClosesAfterTenSecondsWithoutAHello) {
  peer client(services, options);
  peer in_time(services, options);
  pass(9'999ms);
  EXPECT_EQ(client.socket.close_code, 0);
  in_time.hello();
  pass(1ms);
  EXPECT_EQ(client.socket.close_code, 1008);
  EXPECT_EQ(in_time.socket.close_code, 0);
  EXPECT_EQ(counted("wire.hello_timeouts"), 1);
  EXPECT_FALSE(loop.alive()) << "a session arms nothing once it is under way";
}

TEST_F(WireSession, AnswersAUnaryCallInEitherEncoding) {
  peer client(services, options);
  client.hello();
  client.open(1, "Echo", said("a"));
  client.open(2, "Echo", said("ü"), text);
  settle();
  EXPECT_EQ(client.seen(),
            (lines{"1 text: \"a\"", "1 status 0 ", R"({"call":2,"message":{},"json":{"text":"ü"}})",
                   R"({"call":2,"status":{}})"}));
  EXPECT_EQ(client.session->calls(), 0u);
  EXPECT_EQ(counted("wire.calls"), 0);
}

TEST_F(WireSession, TakesAnAbsentMessageForAnEmptyOne) {
  peer client(services, options);
  client.hello();
  client.raw(R"({"call":1,"open":{"method":"/p.Probe/Echo","complete":true}})", text);
  client.raw(R"({"call":2,"open":{"method":"/p.Probe/Join"}})", text);
  client.raw(R"({"call":2,"message":{}})", text);
  client.raw(R"({"call":2,"halfClose":{}})", text);
  settle();
  EXPECT_EQ(client.seen(), (lines{R"({"call":1,"message":{},"json":{}})", R"({"call":1,"status":{}})",
                                  R"({"call":2,"message":{},"json":{}})", R"({"call":2,"status":{}})"}));
}

TEST_F(WireSession, ServesStreamsInAllDirections) {
  peer client(services, options);
  client.hello();
  Said three;
  three.set_count(2);
  client.open(1, "Count", three);
  client.open(2, "Join");
  client.open(3, "Talk");
  client.say(2, said("a"));
  client.say(3, said("x"));
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 count: 1", "1 count: 2", "3 text: \"x\"", "1 status 0 "}));
  client.say(2, said("b"));
  client.half_close(2, text);
  client.half_close(3);
  settle();
  EXPECT_EQ(client.seen(), (lines{"3 status 11 said all", "2 text: \"ab\"", "2 status 0 "}));
}

TEST_F(WireSession, TakesAUnaryRequestInPiecesToo) {
  peer client(services, options);
  client.hello();
  client.open(1, "Echo");
  client.say(1, said("a"));
  settle();
  EXPECT_EQ(client.seen(), lines{});
  client.half_close(1);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 text: \"a\"", "1 status 0 "}));
}

TEST_F(WireSession, AnswersAnUnknownMethodAndAMalformedMessageByTheirStatus) {
  peer client(services, options);
  client.hello();
  client.open(1, "Nothing", said("a"));
  client.raw(R"({"call":2,"open":{"method":"/p.Probe/Echo","complete":true},"json":{"text":[}}})", text);
  client.raw(R"({"call":3,"open":{"method":"/p.Probe/Echo","complete":true},"json":{"count":"x"}})", text);
  settle();
  const lines seen = client.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].substr(0, 11), "1 status 12");
  EXPECT_EQ(seen[1].substr(0, 26), R"({"call":2,"status":{"code")");
  EXPECT_NE(seen[2].find(R"("code":3,"message":"count: )"), std::string::npos) << seen[2];
  EXPECT_EQ(client.socket.close_code, 0);
}

TEST_F(WireSession, GivesCallsTheTokenTheMetadataThePeerAndTheDeadline) {
  peer client(services, options, "10.0.0.1:5");
  client.hello(binary, 0, "Bearer x");
  Frame frame;
  frame.set_call(1);
  frame.mutable_open()->set_method("/p.Probe/Who");
  frame.mutable_open()->set_complete(true);
  frame.mutable_open()->set_timeout_ms(250);
  (*frame.mutable_open()->mutable_metadata())["Key"] = "value";
  client.give(frame);
  frame.set_call(2);
  frame.mutable_open()->clear_timeout_ms();
  (*frame.mutable_open()->mutable_metadata()).clear();
  (*frame.mutable_open()->mutable_metadata())["authorization"] = "Bearer y";
  client.give(frame);
  settle();
  EXPECT_EQ(client.seen(),
            (lines{R"(1 text: "key=value;authorization=Bearer x;from 10.0.0.1:5" count: 250)",
                   "1 status 0  seen=yes,twice", R"(2 text: "authorization=Bearer y;from 10.0.0.1:5")",
                   "2 status 0  seen=yes,twice"}));
}

TEST_F(WireSession, RefusesMetadataThatIsTooLargeOrMalformed) {
  peer client(services, options);
  client.hello();
  Frame frame;
  frame.set_call(1);
  frame.mutable_open()->set_method("/p.Probe/Who");
  frame.mutable_open()->set_complete(true);
  (*frame.mutable_open()->mutable_metadata())["a"] = std::string(9000, 'x');
  client.give(frame);
  frame.set_call(2);
  (*frame.mutable_open()->mutable_metadata())["a"] = "x\r\nb: c";
  client.give(frame);
  EXPECT_EQ(client.seen(),
            (lines{"1 status 8 more than 8192 bytes of metadata", "2 status 3 the metadata is malformed"}));
  EXPECT_EQ(counted("wire.metadata_too_large"), 1);
}

TEST_F(WireSession, RefusesATokenThatIsTooLargeOrMalformed) {
  peer large(services, options);
  large.hello(binary, 0, std::string(9000, 'x'));
  expect_closed(large, 1008);
  peer malformed(services, options);
  malformed.hello(binary, 0, "a\nb");
  expect_closed(malformed, 1002);
}

TEST_F(WireSession, EndsACallAtItsDeadline) {
  peer client(services, options);
  client.hello();
  client.open(1, "Hang", said(""), binary, 500);
  pass(499ms);
  EXPECT_EQ(client.seen(), lines{});
  pass(1ms);
  EXPECT_EQ(client.last_status().substr(0, 10), "1 status 4");
  EXPECT_EQ(probe_->stopped.events().size(), 1u);
}

TEST_F(WireSession, AnswersACancelWithCanceledAndStopsTheService) {
  peer client(services, options);
  client.hello();
  client.open(1, "Hang", said(""));
  settle();
  client.cancel(1);
  EXPECT_EQ(client.last_status().substr(0, 10), "1 status 1") << "at once";
  settle();
  EXPECT_EQ(probe_->stopped.events().size(), 1u);
  EXPECT_EQ(services.active(), 0u);
}

TEST_F(WireSession, PassesOverFramesForCallsThatHaveEnded) {
  peer client(services, options);
  client.hello();
  client.open(1, "Echo", said("a"));
  client.open(2, "Talk");
  client.cancel(2);
  settle();
  client.seen();
  for (const std::uint32_t call : {1u, 2u}) {
    client.say(call, said("x"));
    client.credit(call, 4'294'967'295u);
    client.half_close(call);
    client.cancel(call);
  }
  settle();
  EXPECT_EQ(client.seen(), lines{});
  EXPECT_EQ(client.socket.close_code, 0);
}

TEST_F(WireSession, SendsOnlyAsManyMessagesAsTheClientGranted) {
  peer client(services, options);
  client.hello(binary, 2);
  Said five;
  five.set_count(5);
  client.open(1, "Count", five);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 count: 1", "1 count: 2"}));
  client.credit(1, 0);
  settle();
  EXPECT_EQ(client.seen(), lines{});
  client.credit(1, 1);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 count: 3"}));
  client.credit(1, 10);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 count: 4", "1 count: 5", "1 status 0 "}));
}

TEST_F(WireSession, TakesSixteenForTheClientsCreditWhereItsHelloSaysNone) {
  peer client(services, options);
  client.hello();
  Said twenty;
  twenty.set_count(20);
  client.open(1, "Count", twenty);
  settle();
  EXPECT_EQ(client.seen().size(), 16u);
}

TEST_F(WireSession, ClosesWhereCreditOverflows) {
  peer client(services, options);
  client.hello(binary, 2);
  client.open(1, "Hang", said(""));
  client.credit(1, 4'294'967'293u);
  EXPECT_EQ(client.socket.close_code, 0);
  client.credit(1, 1);
  expect_closed(client, 1002);
  EXPECT_EQ(counted("wire.credit_overflows"), 1);
}

TEST_F(WireSession, GrantsCreditInBatchesAsTheServiceReads) {
  options.initial_credit = 4;
  peer client(services, options);
  client.hello();
  client.open(1, "Slow");
  for (int number = 0; number < 4; ++number) client.say(1, said("x"));
  pass(2s);
  EXPECT_EQ(client.seen(), lines{}) << "nothing was read";
  probe_->may_read = 1;
  pass(1s);
  EXPECT_EQ(client.seen(), lines{}) << "less than half was read";
  probe_->may_read = 1;
  pass(1s);
  EXPECT_EQ(client.seen(), (lines{"1 credit 2"}));
  client.say(1, said("x"));
  client.say(1, said("x"));
  EXPECT_EQ(client.socket.close_code, 0);
  client.say(1, said("x"));
  EXPECT_EQ(counted("wire.credit_exceeded"), 1);
  expect_closed(client, 1002);
}

TEST_F(WireSession, GrantsNoCreditToAClientThatHasHalfClosed) {
  options.initial_credit = 2;
  peer client(services, options);
  client.hello();
  client.open(1, "Join");
  client.say(1, said("a"));
  client.say(1, said("b"));
  client.half_close(1);
  settle();
  const lines seen = client.seen();
  EXPECT_EQ(seen.back(), "1 status 0 ");
  EXPECT_LE(seen.size(), 4u);
}

TEST_F(WireSession, EndsACallWhoseBytesNobodyTakes) {
  options.max_unread_bytes = 1000;
  peer client(services, options);
  client.hello();
  client.open(1, "Slow");
  client.open(2, "Slow");
  client.say(1, said(std::string(600, 'x')));
  client.say(2, said(std::string(600, 'x')));
  EXPECT_EQ(client.seen(), (lines{"2 status 8 too many bytes that the services have not taken"}));
  EXPECT_EQ(counted("wire.too_much_unread"), 1);
  client.cancel(1);
  client.seen();
  client.open(3, "Slow");
  client.say(3, said(std::string(600, 'x')));
  EXPECT_EQ(client.seen(), lines{}) << "the bytes of a call that has ended are not counted";
}

TEST_F(WireSession, RefusesACallTooMany) {
  options.max_calls = 2;
  peer client(services, options);
  client.hello();
  client.open(1, "Hang", said(""));
  client.open(2, "Hang", said(""));
  client.open(3, "Echo", said("a"));
  EXPECT_EQ(client.seen(), (lines{"3 status 8 too many calls at once"}));
  EXPECT_EQ(counted("wire.too_many_calls"), 1);
  client.say(3, said("x"));
  client.cancel(1);
  client.open(4, "Echo", said("a"));
  settle();
  EXPECT_EQ(client.seen().back(), "4 status 0 ");
}

TEST_F(WireSession, ClosesForAFrameThatIsTooLarge) {
  options.max_message_bytes = 100;
  peer client(services, options);
  client.hello();
  client.open(1, "Echo", said(std::string(100, 'x')));
  EXPECT_EQ(counted("wire.too_large"), 1);
  expect_closed(client, 1009);
}

TEST_F(WireSession, EndsACallWhoseMessageTheClientDoesNotTake) {
  peer client(services, options);
  client.hello(binary, 0, {}, 1000);
  Said large;
  large.set_count(1);
  client.open(1, "Echo", large);
  Said three = said("large");
  three.set_count(3);
  client.open(2, "Count", three);
  settle();
  EXPECT_EQ(client.seen(),
            (lines{"1 status 8 a message is larger than the 1000 bytes that the client takes",
                   "2 status 8 a message is larger than the 1000 bytes that the client takes"}));
  EXPECT_EQ(services.active(), 0u);
  EXPECT_EQ(counted("wire.too_large_for_peer"), 2);
}

TEST_F(WireSession, WaitsWhileTheSocketIsFull) {
  peer client(services, options);
  client.hello(binary, 100);
  Said six = said("large");
  six.set_count(6);
  client.socket.held_back = true;
  client.open(1, "Count", six);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 large", "1 large", "1 large"}));
  settle();
  EXPECT_FALSE(loop.alive()) << "nothing is asked again and again";
  client.socket.waiting = 0;
  client.session->on_drained();
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 large", "1 large", "1 large", "1 status 0 "}));
}

TEST_F(WireSession, GoesOnWhereTheSocketWasFullOnlyUntilTheEndOfTheTurn) {
  peer client(services, options);
  client.hello(binary, 100);
  Said six = said("large");
  six.set_count(6);
  client.socket.held_back = true;
  client.open(1, "Count", six);
  client.socket.waiting = 300'000;
  loop.poll();
  client.socket.waiting = 0;
  client.socket.held_back = false;
  settle();
  EXPECT_EQ(client.seen().back(), "1 status 0 ");
}

TEST_F(WireSession, ServesWaitingCallsInTurns) {
  peer client(services, options);
  client.hello(binary, 100);
  client.socket.waiting = options.write_high_water;
  Said many = said("large");
  many.set_count(4);
  for (std::uint32_t call = 1; call <= 4; ++call) client.open(call, "Count", many);
  settle();
  client.socket.held_back = true;
  lines firsts;
  for (int round = 0; round < 3; ++round) {
    client.socket.waiting = 0;
    client.session->on_drained();
    settle();
    firsts.push_back(client.seen().front());
  }
  EXPECT_EQ(firsts, (lines{"1 large", "4 large", "3 large"})) << "three fit each time";
}

TEST_F(WireSession, ClosesAClientThatAsksWithoutReadingTheAnswers) {
  peer client(services, options);
  client.hello();
  client.socket.waiting = 2 * options.max_buffered + 2;
  client.open(1, "Echo", said("a"));
  EXPECT_EQ(counted("wire.unread_answers"), 1);
  expect_closed(client, 1008);
}

TEST_F(WireSession, SendsATopicsFrameOnceForEachEncodingOfASession) {
  peer client(services, options);
  client.hello(binary, 1);
  client.open(1, "Follow", said(""));
  client.open(2, "Follow", said(""));
  client.open(3, "Follow", said(""), text);
  settle();
  const std::string id = std::to_string(probe_->events().id());
  EXPECT_EQ(client.seen(),
            (lines{"1 subscribed", "2 subscribed", R"({"call":3,"subscribed":{"topic":)" + id + "}}"}));
  for (int number = 0; number < 3; ++number) probe_->events().publish(said("hi"));
  const std::string as_text = R"({"topic":)" + id + R"(,"message":{},"json":{"text":"hi"}})";
  const std::string as_binary = "topic text: \"hi\"";
  EXPECT_EQ(client.seen(), (lines{as_text, as_binary, as_text, as_binary, as_text, as_binary}))
      << "takes no credit";
}

TEST_F(WireSession, SendsTheSameBytesToAllSessions) {
  std::vector<std::unique_ptr<peer>> clients;
  for (int number = 0; number < 6; ++number) {
    auto& client = *clients.emplace_back(std::make_unique<peer>(services, options));
    client.hello();
    for (int earlier = 0; earlier < number; ++earlier) client.open(earlier + 1, "Echo", said("a"));
    client.open(100 + number, "Follow", said(""), number % 2 == 0 ? binary : text);
  }
  settle();
  probe_->events().publish(said("hi"));
  for (int number = 2; number < 6; ++number) {
    const auto& mine = clients[number]->socket.shared;
    const auto& first = clients[number % 2]->socket.shared;
    ASSERT_EQ(mine.size(), 1u);
    EXPECT_EQ(mine[0].data(), first[0].data()) << "encoded once";
    EXPECT_EQ(clients[number]->socket.sent.back().bytes, first[0].view());
  }
  EXPECT_EQ(probe_->events().size(), 6u);
}

TEST_F(WireSession, StopsSendingATopicWhenTheLastCallThatFollowsItHasEnded) {
  peer client(services, options);
  client.hello();
  client.open(1, "Two", said(""));
  client.open(2, "Follow", said(""));
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 subscribed", "1 subscribed", "2 subscribed"}));
  client.cancel(2);
  client.seen();
  probe_->events().publish(said("one"));
  EXPECT_EQ(client.seen(), (lines{"topic text: \"one\""}));
  client.cancel(1);
  client.seen();
  EXPECT_EQ(probe_->events().size(), 0u);
  EXPECT_EQ(probe_->others().size(), 0u);
  probe_->events().publish(said("two"));
  EXPECT_EQ(client.seen(), lines{});
}

TEST_F(WireSession, OutlivesATopic) {
  peer client(services, options);
  client.hello();
  client.open(1, "Two", said(""));
  client.open(2, "Follow", said(""), text);
  settle();
  client.seen();
  probe_->end_events();
  probe_->others().publish(said("a"));
  EXPECT_EQ(client.seen(), (lines{"topic text: \"a\""}));
  client.cancel(1);
  client.cancel(2);
  EXPECT_EQ(client.session->calls(), 0u);
}

TEST_F(WireSession, CutsOffTheFollowersOfASlowConsumerAndNobodyElse) {
  peer slow(services, options);
  peer quick(services, options);
  for (peer* each : {&slow, &quick}) {
    each->hello();
    each->open(1, "Follow", said(""));
    each->open(2, "Follow", said(""), text);
    each->open(3, "Hang", said(""));
    settle();
    each->seen();
  }
  slow.socket.waiting = options.max_buffered + 1;
  probe_->events().publish(said("hi"));
  EXPECT_EQ(
      slow.seen(),
      (lines{"1 status 8 messages came faster than they were read",
             R"({"call":2,"status":{"code":8,"message":"messages came faster than they were read"}})"}));
  EXPECT_EQ(slow.session->calls(), 1u);
  EXPECT_EQ(slow.socket.close_code, 0);
  EXPECT_EQ(quick.seen().size(), 2u);
  EXPECT_EQ(counted("wire.slow_consumers"), 1);
  settle();
  EXPECT_EQ(probe_->stopped, (order{"follow", "follow"}));
}

TEST_F(WireSession, EndsFollowersWhoseClientDoesNotTakeFramesOfThatSize) {
  peer client(services, options);
  client.hello(binary, 0, {}, 100);
  client.open(1, "Follow", said(""), text);
  client.open(2, "Follow", said(""));
  settle();
  client.seen();
  probe_->events().publish(said(std::string(80, 'x')));  // 80 bytes fit in a binary frame only
  EXPECT_EQ(client.seen(), (lines{"topic text: \"" + std::string(80, 'x') + "\"",
                                  R"({"call":1,"status":{"code":8,"message":"a message is larger )"
                                  R"(than the 100 bytes that the client takes"}})"}));
  EXPECT_EQ(client.session->calls(), 1u);
}

TEST_F(WireSession, SendsATopicsMessagesOneByOneBeyondTheLimitOfFollows) {
  options.max_follows = 1;
  peer client(services, options);
  client.hello();
  client.open(1, "Follow", said(""));
  client.open(2, "Follow", said(""));
  settle();
  client.seen();
  probe_->events().publish(said("hi"));
  EXPECT_EQ(client.seen().front(), "topic text: \"hi\"");
  EXPECT_GE(counted("wire.too_many_follows"), 1);
}

TEST_F(WireSession, CancelsAllCallsWhenTheSocketHasGone) {
  peer client(services, options);
  client.hello();
  client.open(1, "Hang", said(""));
  client.open(2, "Follow", said(""));
  client.open(3, "Talk");
  settle();
  client.seen();
  client.session->on_closed();
  settle();
  EXPECT_EQ(client.seen(), lines{});
  EXPECT_EQ(client.session->calls(), 0u);
  EXPECT_EQ(services.active(), 0u);
  EXPECT_EQ(probe_->stopped.events().size(), 2u);
  EXPECT_EQ(probe_->events().size(), 0u);
  EXPECT_EQ(counted("wire.calls"), 0);
}

TEST_F(WireSession, CancelsAllCallsWhenItIsDestroyed) {
  peer client(services, options);
  client.hello();
  client.open(1, "Hang", said(""));
  settle();
  client.session.reset();
  settle();
  EXPECT_EQ(services.active(), 0u);
  EXPECT_FALSE(loop.alive());
}

TEST_F(WireSession, MayBeDestroyedBeforeItsHelloCame) {
  peer client(services, options);
  client.session.reset();
  pass(20s);
  EXPECT_EQ(client.socket.close_code, 0);
}

TEST_F(WireSession, RefusesNewCallsWhileDrainingAndClosesAfterTheLast) {
  peer client(services, options);
  client.hello();
  client.open(1, "Talk");
  client.session->drain(30s);
  client.open(2, "Echo", said("a"));
  EXPECT_EQ(client.seen(), (lines{"2 status 14 the server is shutting down"}));
  client.say(1, said("x"));
  client.half_close(1);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 text: \"x\"", "1 status 11 said all"}));
  EXPECT_EQ(client.socket.close_code, 1001);
  EXPECT_FALSE(loop.alive());
}

TEST_F(WireSession, EndsWhatIsLeftWhenThePatienceOfDrainingEnds) {
  peer client(services, options);
  client.hello();
  client.open(1, "Hang", said(""));
  client.open(2, "Follow", said(""));
  settle();
  client.seen();
  client.session->drain(2s);
  pass(1'999ms);
  EXPECT_EQ(client.seen(), lines{});
  pass(1ms);
  EXPECT_EQ(client.seen(),
            (lines{"2 status 14 the server is shutting down", "1 status 14 the server is shutting down"}));
  EXPECT_EQ(client.socket.close_code, 1001);
  EXPECT_EQ(services.active(), 0u);
}

TEST_F(WireSession, ClosesAtOnceWhereNothingIsToDrain) {
  peer client(services, options);
  client.session->drain(2s);
  EXPECT_EQ(client.socket.close_code, 1001);
}

TEST_F(WireSession, SendsTextThatIsNotUtf8WithQuestionMarks) {
  peer client(services, options);
  client.hello();
  Said two;
  two.set_count(2);
  client.open(1, "Echo", two);
  client.open(2, "Echo", two, text);
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 status 10 a?", R"({"call":2,"status":{"code":10,"message":"a?"}})"}));
}

TEST_F(WireSession, MayBeDestroyedByWhatACallDoes) {
  for (const char* method : {"Act", "ActAtOnce"}) {
    peer client(services, options);
    client.hello();
    client.open(1, "Hang", said(""));
    probe_->act = [&] { client.session.reset(); };
    client.open(2, method, said(""));
    settle();
    EXPECT_EQ(client.seen(), lines{});
    EXPECT_EQ(services.active(), 0u);
  }
}

TEST_F(WireSession, MayBeClosedOrDrainedByWhatACallDoes) {
  for (const char* method : {"Act", "ActAtOnce"}) {
    peer closed(services, options);
    closed.hello();
    probe_->act = [&] { closed.session->on_closed(); };
    closed.open(1, method, said(""));
    settle();
    EXPECT_EQ(closed.session->calls(), 0u);
    EXPECT_EQ(services.active(), 0u);
    peer draining(services, options);
    draining.hello();
    probe_->act = [&] { draining.session->drain(1s); };
    draining.open(1, method, said(""));
    settle();
    EXPECT_EQ(draining.seen(), lines{});
    pass(1s);
    EXPECT_EQ(draining.seen(), (lines{"1 status 14 the server is shutting down"}));
    EXPECT_EQ(draining.socket.close_code, 1001);
    EXPECT_EQ(services.active(), 0u);
  }
}

TEST_F(WireSession, CutsOffACallThatPublishesToItself) {
  peer client(services, options);
  client.hello();
  client.open(1, "Follow", said(""));
  settle();
  client.seen();
  client.socket.waiting = options.max_buffered + 1;
  probe_->act = [&] {
    probe_->events().publish(said("a"));
    probe_->events().publish(said("b"));
  };
  client.open(2, "ActAtOnce");
  settle();
  EXPECT_EQ(client.seen(), (lines{"1 status 8 messages came faster than they were read"}));
}

// Each of these, after a hello and an open of call 5 (Talk), closes the session with 1002.
TEST_F(WireSession, ClosesForEveryFrameThatBreaksTheRules) {
  struct bad_frame {
    const char* what;
    const char* json;
  };
  const bad_frame table[] = {
      {"no JSON", "{"},
      {"no kind", R"({"call":5})"},
      {"a second hello", R"({"hello":{"version":1}})"},
      {"no call", R"({"message":{}})"},
      {"open without a call", R"({"open":{"method":"/p.Probe/Echo"}})"},
      {"a call used again", R"({"call":5,"open":{"method":"/p.Probe/Echo"}})"},
      {"a call passed over", R"({"call":4,"open":{"method":"/p.Probe/Echo"}})"},
      {"a message for a call never opened", R"({"call":6,"message":{}})"},
      {"credit for a call never opened", R"({"call":6,"credit":{"messages":1}})"},
      {"half-close for a call never opened", R"({"call":6,"halfClose":{}})"},
      {"cancel for a call never opened", R"({"call":6,"cancel":{}})"},
      {"a status", R"({"call":5,"status":{}})"},
      {"a subscribed", R"({"call":5,"subscribed":{"topic":1}})"},
      {"a status for a call that ended", R"({"call":3,"status":{}})"},
      {"a topic", R"({"topic":1,"message":{},"json":{}})"},
      {"a topic beside a call", R"({"call":5,"topic":1,"message":{},"json":{}})"},
      {"a message in a cancel", R"({"call":5,"cancel":{},"json":{}})"},
      {"a message in an open that goes on", R"({"call":6,"open":{"method":"/p.Probe/Talk"},"json":{}})"},
      {"a message in another encoding", R"({"call":5,"message":{},"json":{}})"},
  };
  for (const bad_frame& bad : table) {
    SCOPED_TRACE(bad.what);
    peer client(services, options);
    client.hello();
    client.open(3, "Echo", said("a"));
    client.open(5, "Talk");
    settle();
    client.seen();
    client.raw(bad.json, text);
    EXPECT_EQ(client.seen(), lines{});
    expect_closed(client, 1002);
  }
  EXPECT_EQ(counted("wire.protocol_errors"), static_cast<std::int64_t>(std::size(table)));
}

TEST_F(WireSession, ClosesForWhatFollowsAHalfClose) {
  for (const bool twice : {true, false}) {
    peer client(services, options);
    client.hello();
    client.open(1, "Slow");
    client.half_close(1);
    if (twice) {
      client.half_close(1);
    } else {
      client.say(1, said("x"));
    }
    expect_closed(client, 1002);
  }
}

TEST_F(WireSession, ClosesForEverythingButAHelloOfVersionOneAtFirst) {
  for (const char* json : {R"({"call":1,"open":{"method":"/p.Probe/Echo","complete":true}})",
                           R"({"hello":{}})", R"({"hello":{"version":2}})",
                           R"({"call":1,"hello":{"version":1}})", R"({"call":1,"cancel":{}})", "", "hello"}) {
    SCOPED_TRACE(json);
    peer client(services, options);
    client.raw(json, text);
    EXPECT_EQ(client.seen(), lines{});
    expect_closed(client, 1002);
  }
}

}  // namespace

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <trireme/actors/pool.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/testing/order.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/local_channel.hpp>

#include "trireme/samples/awkward.trireme.hpp"
#include "trireme/samples/kinds.trireme.hpp"
#include "trireme/samples/messages.trireme.hpp"

namespace {

using namespace trireme;
using trireme::samples::Kinds;
using trireme::samples::Note;
using trireme::testing::order;

Note note(const std::string& text) {
  Note result;
  result.set_text(text);
  return result;
}

class kinds_on_the_loop final : public Kinds::service {
public:
  task<proto::status> Once(const Note& request, Note& reply, proto::call_context&) override {
    reply.set_text("once " + request.text());
    co_return proto::status();
  }

  task<proto::status> Tell(const Note& request, proto::async_writer<Note>& out,
                           proto::call_context&) override {
    const Note first = note("tell " + request.text());
    co_await out.write(first);
    co_await out.write(request);
    co_return proto::status();
  }

  task<proto::status> Collect(proto::async_reader<Note>& in, Note& reply, proto::call_context&) override {
    while (const auto message = co_await in.read()) reply.set_text(reply.text() + message->text());
    co_return proto::status();
  }

  task<proto::status> Talk(proto::async_reader<Note>& in, proto::async_writer<Note>& out,
                           proto::call_context&) override {
    while (const auto message = co_await in.read()) {
      const Note answer = note("heard " + message->text());
      co_await out.write(answer);
    }
    co_return proto::status();
  }
};

class kinds_on_a_worker final : public Kinds::worker {
public:
  explicit kinds_on_a_worker(std::thread::id loop_thread) : loop_thread_(loop_thread) {}

  proto::status Near(const Note& request, Note& reply, std::stop_token) override {
    reply.set_text("near " + request.text() + where());
    return proto::status();
  }
  proto::status Far(const Note& request, Note& reply, std::stop_token) override {
    reply.set_text("far " + request.text() + where());
    return proto::status();
  }
  proto::status FarAway(const Note& request, proto::writer<Note>& out, std::stop_token) override {
    out.write(request);
    out.write(note("away" + where()));
    return proto::status();
  }

private:
  std::string where() const {
    return std::this_thread::get_id() == loop_thread_ ? " on the loop" : " on a worker";
  }

  std::thread::id loop_thread_;
};

task<void> read_all(loop&, proto::client_reader<Note> replies, order& log) {
  while (const auto message = co_await replies.read()) log(message->text());
  log("end");
}

task<void> collect(loop&, Kinds::client& client, order& log) {
  auto call = client.Collect();
  const Note a = note("a");
  const Note b = note("b");
  co_await call.write(a);
  co_await call.write(b);
  const Note reply = co_await call.finish();
  log(reply.text());
}

task<void> talk(loop&, Kinds::client& client, order& log) {
  auto call = client.Talk();
  for (const std::string word : {"x", "y"}) {
    const Note message = note(word);
    co_await call.write(message);
    const auto answer = co_await call.read();
    log(answer->text());
  }
  call.half_close();
  const auto end = co_await call.read();
  log(end ? "more" : "end");
}

task<void> once(loop&, promise<Note> reply, order& log) {
  try {
    const Note message = co_await std::move(reply);
    log(message.text());
  } catch (const error& why) {
    log(std::string{proto::name_of(proto::status::from(why).code())});
  }
}

struct served {
  served() { server.add(std::make_shared<kinds_on_the_loop>()); }
  void with_workers() { server.add_worker<kinds_on_a_worker>(std::this_thread::get_id()); }

  loop owner;
  actors::pool workers{owner};
  proto::dispatcher server{owner, workers};
  proto::local_channel channel{server};
  Kinds::client client{channel};
  order log;
};

TEST(Generated, CallsAUnaryMethodOnTheLoop) {
  served here;
  const auto caller = once(here.owner, here.client.Once(note("a")), here.log);
  EXPECT_EQ(here.owner.run(), 0);
  EXPECT_EQ(here.log, (order{"once a"}));
}

TEST(Generated, ReadsWhatAMethodStreams) {
  served here;
  const auto caller = read_all(here.owner, here.client.Tell(note("a")), here.log);
  EXPECT_EQ(here.owner.run(), 0);
  EXPECT_EQ(here.log, (order{"tell a", "a", "end"}));
}

TEST(Generated, StreamsToAMethod) {
  served here;
  const auto caller = collect(here.owner, here.client, here.log);
  EXPECT_EQ(here.owner.run(), 0);
  EXPECT_EQ(here.log, (order{"ab"}));
}

TEST(Generated, TalksBothWays) {
  served here;
  const auto caller = talk(here.owner, here.client, here.log);
  EXPECT_EQ(here.owner.run(), 0);
  EXPECT_EQ(here.log, (order{"heard x", "heard y", "end"}));
}

TEST(Generated, RunsInlineMethodsOnTheLoopAndPoolMethodsOnAWorker) {
  served here;
  here.with_workers();
  const auto near_caller = once(here.owner, here.client.Near(note("a")), here.log);
  EXPECT_EQ(here.owner.run(), 0);
  const auto far_caller = once(here.owner, here.client.Far(note("b")), here.log);
  EXPECT_EQ(here.owner.run(), 0);
  EXPECT_EQ(here.log, (order{"near a on the loop", "far b on a worker"}));
}

TEST(Generated, ReadsWhatAWorkerStreams) {
  served here;
  here.with_workers();
  const auto caller = read_all(here.owner, here.client.FarAway(note("far")), here.log);
  EXPECT_EQ(here.owner.run(), 0);
  EXPECT_EQ(here.log, (order{"far", "away on a worker", "end"}));
}

struct only_the_base_service final : Kinds::service {};
struct only_the_base_worker final : Kinds::worker {};

TEST(Generated, AnswersUnimplementedForWhatIsNotOverridden) {
  loop owner;
  actors::pool workers{owner};
  proto::dispatcher server{owner, workers};
  server.add(std::make_shared<only_the_base_service>());
  server.add_worker<only_the_base_worker>();
  proto::local_channel channel{server};
  Kinds::client client{channel};
  order log;
  const auto loop_caller = once(owner, client.Once(note("a")), log);
  EXPECT_EQ(owner.run(), 0);
  const auto pool_caller = once(owner, client.Far(note("b")), log);
  EXPECT_EQ(owner.run(), 0);
  EXPECT_EQ(log, (order{"unimplemented", "unimplemented"}));
}

TEST(Generated, DescribesTheMethodsInTheOrderOfTheProto) {
  const proto::service_descriptor& all = Kinds::descriptor();
  EXPECT_EQ(all.full_name, "trireme.samples.Kinds");
  order names;
  for (const auto& method : all.methods) names(std::string{method.path});
  EXPECT_EQ(names, (order{"/trireme.samples.Kinds/Once", "/trireme.samples.Kinds/Tell",
                          "/trireme.samples.Kinds/Collect", "/trireme.samples.Kinds/Talk",
                          "/trireme.samples.Kinds/Near", "/trireme.samples.Kinds/Far",
                          "/trireme.samples.Kinds/FarAway"}));
  EXPECT_EQ(all.methods[5].queue_limit, 3u);
  EXPECT_EQ(all.methods[5].timeout, std::chrono::seconds(30));
  EXPECT_EQ(all.methods[6].timeout, std::chrono::nanoseconds(1'000'000'005));
  EXPECT_EQ(all.methods[6].where, proto::placement::pool);
  EXPECT_EQ(all.methods[6].reply, &Note::default_instance());
}

TEST(Generated, KeepsTheNamesOfTheProtoOnTheWireWhereCppNeedsOthers) {
  namespace awkward = samples::namespace_::trireme;
  EXPECT_EQ(awkward::client_::descriptor().methods[0].path,
            "/trireme.samples.namespace_.trireme.client/delete");
  EXPECT_EQ(awkward::class_::descriptor().methods[0].name, "class");
  EXPECT_TRUE(awkward::Empty::descriptor().methods.empty());
}

}  // namespace

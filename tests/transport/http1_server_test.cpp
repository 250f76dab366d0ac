#include <trireme/transport/http1/server.hpp>

#include <gtest/gtest.h>

#include <trireme/core/log.hpp>
#include <trireme/core/testing/order.hpp>

#include "http1_fixture.hpp"

namespace trireme::transport::http1 {
namespace {

using testing::order;

TEST(HttpServer, KeepsAConnectionForMoreThanOneRequest) {
  fixture server;
  raw_client client = server.client();
  EXPECT_EQ(client.get("/"), hello());
  EXPECT_EQ(client.get("/"), hello());
  EXPECT_EQ(server.made->connections(), 1u);
}

TEST(HttpServer, SendsADateThatIsReadOnceASecond) {
  test_loop loop;
  server serving(loop);
  serving.fallback([](const request&, response to) { to.send(204); });
  serving.listen("127.0.0.1", 0);
  raw_client client(loop, serving.port());
  const std::string answer = client.get("/");
  EXPECT_TRUE(says(answer, "204", "\r\nDate: ")) << answer;
  EXPECT_EQ(answer.find("Content-Length"), answer.npos);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrderHoweverTheyAreAnswered) {
  fixture server;
  order handled;
  server.made->fallback([&](const request& from, response to) {
    handled(from.path());
    if (from.path().starts_with("/later")) return server.waiting.push_back(to);
    to.send(200, from.path());
  });
  raw_client client = server.client();
  client.send(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /later1 HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: "
      "h\r\n\r\n"
      "GET /later2 HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.wait_for(1));
  settle(server.loop);
  EXPECT_EQ(handled, (order{"/a", "/later1"}));
  EXPECT_TRUE(server.waiting[0].send(200, "first"));
  ASSERT_TRUE(server.wait_for(2));
  EXPECT_TRUE(server.waiting[1].send(200, "second"));
  for (const std::string_view body : {"/a", "first", "/b", "second", "/c"}) {
    EXPECT_EQ(client.response(), hello(body));
  }
  EXPECT_EQ(handled, (order{"/a", "/later1", "/b", "/later2", "/c"}));
}

TEST(HttpServer, AnswersClientsInTheOrderOfTheAnswers) {
  fixture server;
  raw_client one = server.client();
  raw_client two = server.client();
  one.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  two.send(get_later);
  ASSERT_TRUE(server.wait_for(2));
  server.waiting[1].send(200, "two");
  EXPECT_EQ(two.response(), hello("two"));
  server.waiting[0].send(200, "one");
  EXPECT_EQ(one.response(), hello("one"));
}

TEST(HttpServer, ReadsARequestThatTricklesByteByByte) {
  fixture server;
  raw_client client = server.client();
  const std::string_view request = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
  for (const char byte : request) {
    client.send({&byte, 1});
    server.loop.poll();
  }
  EXPECT_EQ(client.response(), hello("body"));
  const std::string_view chunks =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n";
  for (const char byte : chunks) {
    client.send({&byte, 1});
    server.loop.poll();
  }
  EXPECT_EQ(client.response(), hello("abcde"));
}

TEST(HttpServer, ReadsABodyThatComesInPiecesAndTheRequestBehindIt) {
  fixture server;
  raw_client client = server.client();
  const std::string body(200'000, 'b');
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
  client.send(body + std::string(get_root));
  EXPECT_EQ(client.response(), hello(body));
  EXPECT_EQ(client.response(), hello());
}

TEST(HttpServer, SendsAResponseInChunks) {
  fixture server;
  raw_client client = server.client();
  client.send(get_later);
  ASSERT_TRUE(server.wait_for(1));
  response& to = server.waiting[0];
  EXPECT_FALSE(to.write("too early"));
  EXPECT_FALSE(to.end());
  EXPECT_TRUE(to.start(200, "text/plain"));
  EXPECT_FALSE(to.start(200, "text/plain"));
  EXPECT_FALSE(to.send(200, "too late"));
  EXPECT_TRUE(to.write("one"));
  EXPECT_TRUE(to.write(""));  // must not look like the end
  EXPECT_TRUE(to.write("two"));
  EXPECT_TRUE(to.end());
  EXPECT_FALSE(to.open());
  EXPECT_FALSE(to.write("x"));
  EXPECT_FALSE(to.end());
  EXPECT_FALSE(to.send(200, "x"));
  EXPECT_TRUE(client.read_until("0\r\n\r\n"));
  EXPECT_EQ(client.take(client.received.size()),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
            "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_EQ(client.get("/"), hello());
}

TEST(HttpServer, SendsNoBodyToHeadNorWith204And304) {
  fixture server;
  server.made->route(request_method::get, "/none", [](const request&, response to) { to.send(204, "text"); });
  server.made->route(request_method::get, "/same", [](const request&, response to) { to.send(304); });
  server.made->route(request_method::get, "/pieces", [](const request&, response to) {
    to.start(200, "text/plain");
    to.write("piece");
    to.end();
  });
  raw_client client = server.client();
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(says(client.response(true), "200", "Content-Length: 5\r\n"));
  client.send("HEAD /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(says(client.response(true), "200", "Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(client.get("/none").ends_with("\r\n\r\n"));
  const std::string same = client.get("/same");
  EXPECT_TRUE(same.ends_with("\r\n\r\n"));
  EXPECT_EQ(same.find("Content-Length"), same.npos) << "RFC 9110 8.6: it would have to be that of the 200";
  EXPECT_EQ(client.get("/"), hello());
}

TEST(HttpServer, ClosesAfterAnOldRequestUnlessAskedToStay) {
  fixture server;
  raw_client client = server.client();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.response(), hello("hello", "Connection: keep-alive\r\n"));
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.response(), hello("hello", "Connection: close\r\n"));
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received, "");
}

TEST(HttpServer, EndsPiecesForAnOldClientByClosing) {
  fixture server;
  raw_client client = server.client();
  client.send("GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(server.wait_for(1));
  server.waiting[0].start(200, "text/plain");
  server.waiting[0].write("one");
  server.waiting[0].write("two");
  server.waiting[0].end();
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nonetwo");
}

TEST(HttpServer, ClosesWhereTheClientAsksForIt) {
  fixture server;
  raw_client client = server.client();
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(client.received, hello("hello", "Connection: close\r\n"));
  client.close();
  EXPECT_TRUE(server.wait_until_gone());
}

TEST(HttpServer, InvitesABodyThatWaitsToBeInvited) {
  fixture server;
  raw_client client = server.client();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_EQ(client.response(), hello("body"));
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(says(client.response(), "413", "Connection: close\r\n")) << "uninvited where it is too large";
}

TEST(HttpServer, KnowsWhatItHasNotAndWhatItDoesNot) {
  fixture server;
  server.made->route(request_method::put, "/", [](const request&, response to) { to.send(201); });
  raw_client client = server.client();
  EXPECT_TRUE(says(client.get("/nothing"), "404"));
  client.send("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(says(client.response(), "405", "Allow: GET, PUT\r\n"));
  EXPECT_EQ(client.get("/"), hello()) << "the connection stays";
}

struct refusal {
  std::string request;
  std::string_view status;
};

TEST(HttpServer, RefusesWhatItCannotTakeAndCloses) {
  const std::vector<refusal> refusals{
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: h\n\n", "400"},
      {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", "413"},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
      {"GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n", "417"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(17000, 'x') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"}};
  fixture server;
  for (const refusal& each : refusals) {
    raw_client client = server.client();
    client.send(each.request);
    const std::string answer = client.response();
    EXPECT_TRUE(says(answer, each.status, "Connection: close\r\n")) << each.request.substr(0, 99) << answer;
    EXPECT_TRUE(client.read_to_end());
    EXPECT_EQ(client.received, "");
  }
  EXPECT_EQ(server.count("http1.refused"), static_cast<std::int64_t>(refusals.size()));
}

TEST(HttpServer, StillDeliversARefusalWhenTheBodyKeepsComing) {
  fixture server;
  raw_client client = server.client();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(8'000'000, 'x')));
  EXPECT_TRUE(says(client.response(), "413"));
  EXPECT_TRUE(client.read_to_end());
}

TEST(HttpServer, LetsTheProgramWordItsRefusals) {
  fixture server;
  order seen;
  server.made->on_rejected([&](const request_head& head, http_error why, response to) {
    seen(head.path);
    seen(make_error_code(why).message());
    if (head.path == "/json") to.send(http_status_of(why), "application/json", "{}");
    if (head.path == "/wait") server.waiting.push_back(to);
  });
  const std::string_view fields = " HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n";
  for (const std::string_view path : {"/json", "/plain", "/bad"}) {
    raw_client client = server.client();
    client.send("POST " + std::string(path) +
                (path == "/bad" ? " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz"
                                : std::string(fields)));
    const std::string answer = client.response();
    EXPECT_TRUE(says(answer, path == "/bad" ? "400" : "413", path == "/json" ? "{}" : "")) << answer;
    EXPECT_TRUE(client.read_to_end());
  }
  EXPECT_EQ(seen,
            (order{"/json", "body too large", "/plain", "body too large", "/bad", "invalid chunk size"}));
}

TEST(HttpServer, AsksThoseWhoDoNotUpgradeTo) {
  struct nobody final : websocket::handler {
    void on_message(websocket::connection&, std::span<char>, bool) override {}
  } handler;
  test_loop loop;
  websocket::endpoint endpoint(loop, handler);
  server serving(loop);
  serving.upgrade("/ws", endpoint);
  serving.listen("127.0.0.1", 0);
  raw_client client(loop, serving.port());
  const std::string answer = client.get("/ws");
  EXPECT_TRUE(says(answer, "426", "Upgrade: websocket\r\n")) << answer;
  EXPECT_TRUE(says(answer, "426", "Connection: upgrade\r\n")) << "RFC 9110 7.8: " << answer;
}

// Handlers that misbehave.

TEST(HttpServer, Answers500ForAHandlerThatThrows) {
  fixture server;
  order uncaught;
  server.loop.on_uncaught([&](const error& failure) { uncaught(failure.message()); });
  server.made->fallback([](const request&, response) { throw std::runtime_error("oops"); });
  raw_client client = server.client();
  EXPECT_TRUE(says(client.get("/throws"), "500", "Connection: close\r\n"));
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(uncaught, (order{"oops"}));
}

TEST(HttpServer, CutsOffAResponseWhoseHandlerThrowsInTheMiddle) {
  fixture server;
  int uncaught = 0;
  server.loop.on_uncaught([&](const error&) { ++uncaught; });
  server.made->fallback([](const request& from, response to) {
    if (from.path() == "/middle") {
      to.start(200, "text/plain");
      to.write("half");
    } else {
      to.send(200, "whole");
    }
    throw 1;
  });
  raw_client middle = server.client();
  middle.send("GET /middle HTTP/1.1\r\nHost: h\r\n\r\n");
  pump(server.loop, [&] {
    middle.read();
    return middle.over();
  });
  EXPECT_EQ(middle.received.find("0\r\n\r\n"), middle.received.npos) << "must not look complete";
  raw_client after = server.client();
  EXPECT_EQ(after.get("/after"), hello("whole"));
  EXPECT_EQ(after.get("/"), hello());
  EXPECT_EQ(uncaught, 2);
}

TEST(HttpServer, SendsNoFieldThatSplitsAResponse) {
  static int lines;
  lines = 0;
  set_log_sink([](log_level, std::string_view) { ++lines; });
  fixture server;
  server.made->fallback([](const request& from, response to) {
    const std::string value(from.query() == "v" ? "a\r\nEvil: 1" : "fine");
    const header field{from.query() == "n" ? "Content-Length" : "X", value};
    if (from.path() == "/pieces") {
      to.start(200, "text/plain", {&field, 1});
      to.write("x");
      to.end();
    } else {
      to.send(from.query() == "s" ? 101 : 200, "text/plain", "x", {&field, 1});
    }
  });
  for (const std::string_view target : {"/a?v", "/a?n", "/a?s", "/pieces?v"}) {
    raw_client client = server.client();
    const std::string answer = client.get(target);
    EXPECT_TRUE(says(answer, "500", "Connection: close\r\n")) << target << answer;
    EXPECT_EQ(answer.find("Evil"), answer.npos);
    EXPECT_TRUE(client.read_to_end());
    EXPECT_EQ(client.received, "");
  }
  set_log_sink(nullptr);
  EXPECT_EQ(lines, 4);
}

TEST(HttpServer, MayBeDestroyedInTheTurnThatAnswers) {
  fixture server;
  raw_client client = server.client();
  raw_client gone = server.client();
  client.send(std::string(get_later) + std::string(get_root));
  gone.send(get_later);
  ASSERT_TRUE(server.wait_for(2));
  server.loop.set_immediate([&] {
    server.waiting[0].send(200, "last");
    server.made.reset();
  });
  gone.reset();
  settle(server.loop);
  EXPECT_FALSE(server.made);
}

TEST(HttpServer, MayBeDestroyedWithClientsInEveryState) {
  fixture server;
  std::vector<raw_client> clients;
  for (const std::string_view sent :
       {std::string_view(""), std::string_view("GET"), get_root, get_later,
        std::string_view("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nb"),
        std::string_view("nonsense\r\n")}) {
    clients.push_back(server.client());
    clients.back().send(sent);
  }
  clients.push_back(server.client());
  clients.back().send(get_later);
  ASSERT_TRUE(server.wait_for(2));
  settle(server.loop);
  struct late_speaker {
    explicit late_speaker(response which) : to(which) {}
    ~late_speaker() { to.send(200, "from a destructor"); }
    response to;
  };
  server.waiting[0].on_aborted([speaker = std::make_shared<late_speaker>(server.waiting[0])] {});
  server.made->drain(10s).then([] {}, [](const error&) {}).detach();
  server.made.reset();
  settle(server.loop);
  for (raw_client& each : clients) {
    pump(server.loop, [&] {
      each.read();
      return each.over();
    });
    EXPECT_TRUE(each.over());
  }
}

}  // namespace
}  // namespace trireme::transport::http1

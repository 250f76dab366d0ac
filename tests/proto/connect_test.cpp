#include <trireme/proto/connect.hpp>

#include "echo_service.hpp"

namespace trireme::proto::testing {
namespace {

using transport::http1::header;

struct answer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

class ConnectTest : public echo_fixture {
protected:
  ConnectTest() : handler(server, small()) {}
  static connect::options small() {
    connect::options options;
    options.max_message_bytes = 64;
    return options;
  }
  connect::ongoing begin(std::string_view method, std::string_view path, const std::vector<header>& headers,
                         std::string_view body) {
    return handler.serve(connect::request(method, path, headers, body, "peer"),
                         [this](const connect::reply& reply) {
                           ++answers;
                           last.status = reply.status;
                           last.content_type = reply.content_type;
                           last.body = reply.body;
                           last.headers.clear();
                           for (const auto& [name, value] : reply.headers)
                             last.headers.emplace_back(name, value);
                         });
  }
  answer& whole(std::string_view method, std::string_view path, const std::vector<header>& headers,
                std::string_view body) {
    last = {};
    answers = 0;
    begin(method, path, headers, body);
    settle();
    EXPECT_EQ(answers, 1);
    return last;
  }
  answer& post(std::string_view method, std::string_view body, std::vector<header> more = {}) {
    more.push_back({"Content-Type", "application/json"});
    return whole("POST", "/trireme.test.v1.Echo/" + std::string(method), more, body);
  }
  std::string error_of(const answer& got) { return std::to_string(got.status) + " " + got.body; }

  connect::handler handler;
  answer last;
  int answers = 0;
};

TEST_F(ConnectTest, AnswersJsonWithJson) {
  const auto& got = post("Say", R"({"text":"hi","more":1})");
  EXPECT_EQ(error_of(got), R"(200 {"text":"hi"})");
  EXPECT_EQ(got.content_type, "application/json");
}

TEST_F(ConnectTest, AnswersProtobufWithProtobuf) {
  const auto& got = whole("POST", "/trireme.test.v1.Echo/SayPool", {{"content-type", "application/proto"}},
                          text("hi").SerializeAsString());
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.content_type, "application/proto");
  EXPECT_EQ(got.body, text("worker: hi").SerializeAsString());
}

TEST_F(ConnectTest, TakesAnEmptyProtobufBodyForAnEmptyMessage) {
  EXPECT_EQ(whole("POST", "/trireme.test.v1.Echo/Say", {{"content-type", "application/proto"}}, "").status,
            200);
}

TEST_F(ConnectTest, TakesItsContentTypesInAnyCaseAndWithACharset) {
  for (const auto* type :
       {"application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"", "application/json"}) {
    EXPECT_EQ(whole("POST", "/trireme.test.v1.Echo/Say", {{"content-type", type}}, "{}").status, 200) << type;
  }
  for (const auto* type : {"text/plain", "application/json; charset=latin1", "application/connect+json", "",
                           "application/json; q=1", "application/grpc"}) {
    const auto& got = whole("POST", "/trireme.test.v1.Echo/Say", {{"content-type", type}}, "{}");
    EXPECT_EQ(
        error_of(got),
        R"(415 {"code":"unimplemented","message":"content-type: application/proto or application/json"})");
    EXPECT_EQ(got.headers.at(0).first, "Accept-Post");
  }
}

TEST_F(ConnectTest, GivesEachFailureItsHttpStatus) {
  EXPECT_EQ(error_of(post("Say", R"({"text":"refuse"})")),
            R"(400 {"code":"failed_precondition","message":"not now"})");
  EXPECT_EQ(error_of(post("SayPool", R"({"text":"refuse"})")),
            R"(409 {"code":"aborted","message":"not here"})");
  EXPECT_EQ(error_of(post("Missing", "{}")).rfind(R"(501 {"code":"unimplemented")", 0), 0u);
  EXPECT_EQ(error_of(post("Nothing", "{}")),
            R"(501 {"code":"unimplemented","message":"no such method: /trireme.test.v1.Echo/Nothing"})");
  EXPECT_EQ(post("Say", "{").status, 400);
  EXPECT_EQ(last.content_type, "application/json");
}

TEST_F(ConnectTest, NamesTheFieldOfAMalformedRequest) {
  EXPECT_EQ(error_of(post("Say", R"({"inner":{"number":"x"}})"))
                .rfind(R"(400 {"code":"invalid_argument","message":"inner.number: )", 0),
            0u)
      << last.body;
}

TEST_F(ConnectTest, WantsPost) {
  for (const auto* method : {"GET", "PUT", "OPTIONS"}) {
    const auto& got = whole(method, "/trireme.test.v1.Echo/Say", {}, "");
    EXPECT_EQ(error_of(got), R"(405 {"code":"unimplemented","message":"calls are made by POST"})");
    EXPECT_EQ(got.headers, (std::vector<std::pair<std::string, std::string>>{{"Allow", "POST"}}));
  }
}

TEST_F(ConnectTest, RefusesAnotherVersionOfTheProtocol) {
  EXPECT_EQ(post("Say", "{}", {{"Connect-Protocol-Version", "1"}}).status, 200);
  EXPECT_EQ(error_of(post("Say", "{}", {{"Connect-Protocol-Version", "2"}})),
            R"(400 {"code":"invalid_argument","message":"connect-protocol-version: only 1 is spoken here"})");
}

TEST_F(ConnectTest, RefusesAMalformedTimeout) {
  for (const auto* value : {"", "-1", "1s", "1.5", " 1", "12345678901", "+1"}) {
    EXPECT_EQ(
        error_of(post("Say", "{}", {{"Connect-Timeout-Ms", value}})),
        R"(400 {"code":"invalid_argument","message":"connect-timeout-ms: not a number of at most 10 digits"})")
        << value;
  }
  EXPECT_EQ(post("Say", "{}", {{"Connect-Timeout-Ms", "9999999999"}}).status, 200);
}

TEST_F(ConnectTest, EndsACallAtTheTimeout) {
  const std::vector<header> headers{{"content-type", "application/json"}, {"connect-timeout-ms", "250"}};
  begin("POST", "/trireme.test.v1.Echo/Wait", headers, "{}");
  owner.run();
  EXPECT_EQ(error_of(last), R"(504 {"code":"deadline_exceeded","message":"the deadline has passed"})");
  EXPECT_EQ(owner.time().now().time_since_epoch(), 250ms);
}

TEST_F(ConnectTest, RefusesACompressedBody) {
  EXPECT_EQ(post("Say", "{}", {{"Content-Encoding", "identity"}}).status, 200);
  EXPECT_EQ(post("Say", "{}", {{"Content-Encoding", "gzip"}}).status, 501);
}

TEST_F(ConnectTest, RefusesMethodsThatStream) {
  EXPECT_EQ(post("Repeat", "{}").status, 501);
  EXPECT_EQ(post("Join", "{}").status, 501);
  EXPECT_EQ(post("Talk", "{}").status, 501);
}

TEST_F(ConnectTest, RefusesABodyOverItsLimit) {
  EXPECT_EQ(error_of(post("Say", std::string(65, ' '))),
            R"(429 {"code":"resource_exhausted","message":"the message is larger than 64 bytes"})");
}

TEST_F(ConnectTest, AnswersAFullQueueWith429) {
  const std::vector<header> headers{{"content-type", "application/json"}};
  const auto first = begin("POST", "/trireme.test.v1.Echo/Wait", headers, "{}");
  const auto second = begin("POST", "/trireme.test.v1.Echo/Wait", headers, "{}");
  EXPECT_EQ(error_of(post("Wait", "{}")),
            R"(429 {"code":"resource_exhausted","message":"too many calls of this method"})");
  first.cancel();
  second.cancel();
  settle();
}

TEST_F(ConnectTest, StopsTheCallOfAClientThatHasGone) {
  const std::vector<header> headers{{"content-type", "application/json"}};
  const auto call = begin("POST", "/trireme.test.v1.Echo/Wait", headers, "{}");
  settle();
  call.cancel();
  call.cancel();
  settle();
  EXPECT_EQ(last.status, 499);
  EXPECT_EQ(server.active(), 0u);
}

TEST_F(ConnectTest, CarriesMetadataInAndTrailersOut) {
  const auto& got = post("Say", "{}", {{"Note", "a b"}, {"Accept", "*/*"}});
  EXPECT_EQ(got.headers, (std::vector<std::pair<std::string, std::string>>{{"trailer-note", "a b"}}));
}

TEST_F(ConnectTest, KnowsAnRpcByItsPath) {
  for (const auto* path : {"/trireme.test.v1.Echo/Say", "/some.Thing/Do", "/_a.b2/C"}) {
    EXPECT_TRUE(handler.serves(path)) << path;
  }
  for (const auto* path : {"/", "", "/healthz", "/app.js", "/assets/app.js", "/a.b/c.d", "/a.b/", "/a.b/c/d",
                           "/.a/b", "/a./b", "/a.1/b", "a.b/c"}) {
    EXPECT_FALSE(handler.serves(path)) << path;
  }
}

TEST(Connect, EscapesTheTextOfAnError) {
  connect::reply reply;
  connect::write_error(status(code::unknown, "a \"b\" \\ \n \xff \xe2\x82\xac"), reply);
  EXPECT_EQ(reply.body,
            "{\"code\":\"unknown\",\"message\":\"a \\\"b\\\" \\\\ \\u000a \xef\xbf\xbd \xe2\x82\xac\"}");
  connect::write_error(status(code::unauthenticated), reply);
  EXPECT_EQ(reply.body, R"({"code":"unauthenticated"})");
  EXPECT_EQ(reply.status, 401);
}

}  // namespace
}  // namespace trireme::proto::testing

#include <trireme/transport/http1/parser.hpp>
#include <trireme/transport/websocket/handshake.hpp>

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace trireme::transport::websocket {
namespace {

constexpr std::string_view rfc_key = "dGhlIHNhbXBsZSBub25jZQ==";

struct request_text {
  std::string start = "GET /chat HTTP/1.1";
  std::string host = "Host: server.example.com:8080\r\n";
  std::string upgrade = "Upgrade: websocket\r\n";
  std::string connection = "Connection: keep-alive, Upgrade\r\n";
  std::string key = "Sec-WebSocket-Key: " + std::string(rfc_key) + "\r\n";
  std::string version = "Sec-WebSocket-Version: 13\r\n";
  std::string more;

  std::string text() const {
    return start + "\r\n" + host + upgrade + connection + key + version + more + "\r\n";
  }
};

handshake_result check(const request_text& request, const handshake_options& options = {}) {
  const std::string text = request.text();
  http1::request_head head;
  EXPECT_EQ(http1::parse_head(text, head).status, http1::parse_status::complete) << text;
  return check_upgrade(head, options);
}

request_text with(std::string request_text::*member, std::string value) {
  request_text request;
  request.*member = std::move(value);
  return request;
}

TEST(WebSocketHandshake, ComputesTheAcceptKeyOfTheRfc) {
  const accept_key accept = make_accept_key(rfc_key);
  EXPECT_EQ(std::string_view(accept.data(), accept.size()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshake, AcceptsAnUpgradeAndAnswersIt) {
  const handshake_result result = check({});
  EXPECT_EQ(result.status, 101);
  std::string out;
  append_handshake_response(out, result);
  EXPECT_EQ(out,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(WebSocketHandshake, RefusesWhatIsNoProperUpgrade) {
  struct sample {
    handshake_error error;
    int status;
    request_text request;
  };
  const std::vector<sample> samples{
      {handshake_error::not_get, 405, with(&request_text::start, "POST /chat HTTP/1.1")},
      {handshake_error::old_version, 400, with(&request_text::start, "GET /chat HTTP/1.0")},
      {handshake_error::not_an_upgrade, 426, with(&request_text::upgrade, "")},
      {handshake_error::not_an_upgrade, 426, with(&request_text::upgrade, "Upgrade: h2c\r\n")},
      {handshake_error::not_an_upgrade, 426, with(&request_text::connection, "Connection: close\r\n")},
      {handshake_error::has_body, 400, with(&request_text::more, "Content-Length: 1\r\n")},
      {handshake_error::has_body, 400, with(&request_text::more, "Transfer-Encoding: chunked\r\n")},
      {handshake_error::unsupported_version, 426, with(&request_text::version, "")},
      {handshake_error::unsupported_version, 426,
       with(&request_text::version, "Sec-WebSocket-Version: 8\r\n")},
      {handshake_error::invalid_key, 400, with(&request_text::key, "")},
      {handshake_error::invalid_key, 400,
       with(&request_text::key, "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n")},
      {handshake_error::invalid_key, 400,
       with(&request_text::key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n")},
      {handshake_error::invalid_key, 400,
       with(&request_text::key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ_==\r\n")},
      {handshake_error::invalid_key, 400, with(&request_text::more, request_text().key)},
      {handshake_error::forbidden_origin, 403, with(&request_text::more, "Origin: http://evil.example\r\n")},
      {handshake_error::forbidden_origin, 403, with(&request_text::more, "Origin: null\r\n")},
  };
  for (const sample& s : samples) {
    const handshake_result result = check(s.request);
    EXPECT_EQ(result.error, s.error) << s.request.text();
    EXPECT_EQ(result.status, s.status);
  }
}

TEST(WebSocketHandshake, AnswersAWrongVersionWithTheRightOne) {
  std::string out;
  append_handshake_response(out, check(with(&request_text::version, "Sec-WebSocket-Version: 12\r\n")));
  EXPECT_EQ(out,
            "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: upgrade, close\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

TEST(WebSocketHandshake, AnswersARefusalWithAWholeResponse) {
  std::string out;
  append_handshake_response(out, check(with(&request_text::start, "POST /chat HTTP/1.1")));
  EXPECT_EQ(
      out, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nAllow: GET\r\nConnection: close\r\n\r\n");
}

TEST(WebSocketHandshake, ChoosesTheClientsFirstWishThatItSpeaks) {
  constexpr std::array<std::string_view, 2> ours{"trireme.v1", "trireme.v2"};
  handshake_options options;
  options.subprotocols = ours;
  const auto offering = [&](std::string lines) {
    return check(with(&request_text::more, std::move(lines)), options);
  };
  EXPECT_EQ(offering("Sec-WebSocket-Protocol: x,trireme.v2 , trireme.v1\r\n").subprotocol, "trireme.v2");
  EXPECT_EQ(offering("Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: trireme.v1\r\n").subprotocol,
            "trireme.v1");
  EXPECT_EQ(offering("Sec-WebSocket-Protocol: TRIREME.V1\r\n").subprotocol, "");
  EXPECT_EQ(offering("").status, 101);
  std::string out;
  append_handshake_response(out, offering("Sec-WebSocket-Protocol: trireme.v1\r\n"));
  EXPECT_NE(out.find("\r\nSec-WebSocket-Protocol: trireme.v1\r\n"), out.npos);
}

TEST(WebSocketHandshake, CanRequireASubprotocol) {
  constexpr std::array<std::string_view, 1> ours{"trireme.v1"};
  handshake_options options;
  options.subprotocols = ours;
  options.require_subprotocol = true;
  const auto result = check(with(&request_text::more, "Sec-WebSocket-Protocol: other\r\n"), options);
  EXPECT_EQ(result.error, handshake_error::subprotocol_not_supported);
  EXPECT_EQ(result.status, 400);
}

TEST(WebSocketHandshake, ComparesOriginWithHost) {
  EXPECT_TRUE(same_host("http://a.example:8080", "A.example:8080"));
  EXPECT_TRUE(same_host("http://a.example", "a.example:80"));
  EXPECT_TRUE(same_host("https://a.example:443", "a.example"));
  EXPECT_TRUE(same_host("http://[::1]:8080", "[::1]:8080"));
  EXPECT_FALSE(same_host("http://a.example", "a.example:8080"));
  EXPECT_FALSE(same_host("https://a.example:80", "a.example"));
  EXPECT_FALSE(same_host("http://a.example.evil", "a.example"));
  EXPECT_FALSE(same_host("null", "null"));
  EXPECT_FALSE(same_host("", ""));
  EXPECT_FALSE(same_host("http://", ""));
  EXPECT_FALSE(same_host("ftp://a", "a"));
}

TEST(WebSocketHandshake, AllowsOwnAllowedAndAnyOriginsAndNone) {
  constexpr std::array<std::string_view, 1> allowed{"https://app.example"};
  handshake_options options;
  options.allowed_origins = allowed;
  const auto from = [&](std::string lines) {
    return check(with(&request_text::more, std::move(lines)), options).status;
  };
  EXPECT_EQ(from(""), 101);
  EXPECT_EQ(from("Origin: http://server.example.com:8080\r\n"), 101);
  EXPECT_EQ(from("Origin: https://app.example\r\n"), 101);
  EXPECT_EQ(from("Origin: http://app.example\r\n"), 403);
  EXPECT_EQ(from("Origin: https://app.example\r\nOrigin: https://app.example\r\n"), 403);
  options.any_origin = true;
  EXPECT_EQ(from("Origin: http://evil.example\r\n"), 101);
}

TEST(WebSocketHandshake, HasATextAndAStatusForEachError) {
  std::set<std::string> texts;
  for (int value = 1; value <= static_cast<int>(handshake_error::subprotocol_not_supported); ++value) {
    texts.insert(make_error_code(static_cast<handshake_error>(value)).message());
    EXPECT_GE(http_status_of(static_cast<handshake_error>(value)), 400);
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(handshake_error::subprotocol_not_supported));
}

}  // namespace
}  // namespace trireme::transport::websocket

#include <trireme/transport/http1/parser.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trireme::transport::http1 {
namespace {

using namespace std::string_literals;

// Bytes in a heap block of just their size, so that ASan sees a read past the end.
struct exact_bytes {
  explicit exact_bytes(std::string_view text)
      : size(text.size()), data(new char[text.size() + (text.empty() ? 1 : 0)]) {
    text.copy(data.get(), size);
  }
  std::string_view view() const { return {data.get(), size}; }

  std::size_t size;
  std::unique_ptr<char[]> data;
};

http_error error_of(std::string_view text, const parser_limits& limits = {}) {
  const exact_bytes bytes(text);
  request_head head;
  const parse_result result = parse_head(bytes.view(), head, limits);
  EXPECT_EQ(result.status == parse_status::error, result.error != http_error::none);
  if (result.status == parse_status::incomplete) ADD_FAILURE() << "incomplete: " << text;
  return result.error;
}

std::string describe(const request_head& head) {
  std::ostringstream out;
  out << int(head.method) << ' ' << head.method_text << ' ' << head.target << ' ' << head.path << ' '
      << head.query << ' ' << head.host << ' ' << int(head.form) << int(head.version) << head.chunked
      << head.keep_alive << head.expect_continue << head.wants_websocket() << ' '
      << head.content_length.value_or(4711);
  for (const header& field : head.headers()) out << '|' << field.name << '=' << field.value;
  return out.str();
}

std::string with_host(std::string_view fields) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n";
}

const std::vector<std::string> samples{
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "\r\nGET /a/b?c=d?e HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*\r\nX:\r\n\r\n",
    "POST /p HTTP/1.1\r\nhost:\texample.com \t\r\nContent-Length: 12\r\nExpect: 100-Continue\r\n\r\n",
    "PUT /p HTTP/1.1\r\nHOST: e\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n",
    "GET http://user.example:81/way?x HTTP/1.1\r\nHost: other\r\n\r\n",
    "OPTIONS * HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n",
    "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    "PROPFIND /dav HTTP/1.1\r\nHost: a\r\nX-Name_1.2: \xc3\xa9t\xe9 and some longer text than sixteen "
    "bytes\r\n\r\n",
    "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: h2c, WebSocket\r\nConnection: keep-alive, Upgrade\r\n\r\n",
};

TEST(HttpParser, ParsesTheSmallestRequest) {
  request_head head;
  const auto result = parse_head("GET / HTTP/1.1\r\nHost: x\r\n\r\nrest", head);
  EXPECT_EQ(result.status, parse_status::complete);
  EXPECT_EQ(result.consumed, 27u);
  EXPECT_EQ(describe(head), "0 GET / /  x 010100 4711|Host=x");
}

TEST(HttpParser, FillsMethodTargetVersionAndFraming) {
  const std::vector<std::string> expected{
      "0 GET / /  x 010100 4711|Host=x",
      "0 GET /a/b?c=d?e /a/b c=d?e [::1]:8080 010100 4711|Host=[::1]:8080|Accept=*/*|X=",
      "2 POST /p /p  example.com 010110 12|host=example.com|Content-Length=12|Expect=100-Continue",
      "3 PUT /p /p  e 011000 4711|HOST=e|Transfer-Encoding=Chunked|Connection=close",
      "0 GET http://user.example:81/way?x /way x user.example:81 110100 4711|Host=other",
      "6 OPTIONS * *   300100 4711|Connection=foo, Keep-Alive",
      "7 CONNECT example.com:443 example.com:443  example.com:443 210100 4711|Host=example.com:443",
      "9 PROPFIND /dav /dav  a 01"
      "0100 4711|Host=a|X-Name_1.2=\xc3\xa9t\xe9 and some longer text than sixteen bytes",
      "0 GET /chat /chat  h 010101 4711|Host=h|Upgrade=h2c, WebSocket|Connection=keep-alive, Upgrade",
  };
  std::vector<std::string> seen;
  for (const std::string& sample : samples) {
    const exact_bytes bytes(sample);
    request_head head;
    const auto result = parse_head(bytes.view(), head);
    EXPECT_EQ(result.consumed, sample.size()) << sample;
    seen.push_back(describe(head));
  }
  EXPECT_EQ(seen, expected);
}

TEST(HttpParser, WaitsForTheRestAtEveryPositionOfEverySample) {
  for (const std::string& sample : samples) {
    for (std::size_t size = 0; size < sample.size(); ++size) {
      const exact_bytes bytes(std::string_view(sample).substr(0, size));
      request_head head;
      for (const std::size_t seen : {std::size_t{0}, size / 2, size})
        EXPECT_EQ(parse_head(bytes.view(), head, {}, seen).status, parse_status::incomplete)
            << sample << size;
    }
  }
}

TEST(HttpParser, GivesTheSameHeadToAPeerThatTrickles) {
  for (const std::string& sample : samples) {
    request_head whole;
    request_head trickled;
    ASSERT_EQ(parse_head(sample, whole).status, parse_status::complete);
    std::size_t seen = 0;
    parse_result result;
    while (result.status == parse_status::incomplete && seen < sample.size()) {
      result = parse_head(std::string_view(sample).substr(0, seen + 1), trickled, {}, seen);
      ++seen;
    }
    EXPECT_EQ(result.consumed, sample.size());
    EXPECT_EQ(describe(trickled), describe(whole));
  }
}

TEST(HttpParser, FindsAFieldWhateverItsCase) {
  request_head head;
  ASSERT_EQ(parse_head(samples[2], head).status, parse_status::complete);
  EXPECT_EQ(head.find("CONTENT-length"), "12");
  EXPECT_EQ(head.find("Content-Lengt"), std::nullopt);
}

struct bad_sample {
  http_error error;
  std::string bytes;
};

const std::vector<bad_sample> bad_samples{
    {http_error::bare_cr, "GET / HTTP/1.1\rX"},
    {http_error::bare_cr, "\rGET / HTTP/1.1\r\n"},
    {http_error::bare_cr, "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"},
    {http_error::bare_cr, "GET / HTTP/1.1\r\nHost: a\r\n\rX"},
    {http_error::bare_lf, "GET / HTTP/1.1\n"},
    {http_error::bare_lf, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
    {http_error::bare_lf, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {http_error::invalid_method, " / HTTP/1.1\r\n"},
    {http_error::invalid_method, "GE(T / HTTP/1.1\r\n"},
    {http_error::invalid_method, "GET\r\n"},
    {http_error::invalid_method, "\r\n\r\nGET / HTTP/1.1\r\n"},
    {http_error::invalid_method, "\x16\x03\x01\x02"},
    {http_error::method_too_long, std::string(33, 'A')},
    {http_error::invalid_target, "GET  HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET /a\tb HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET /a#b HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET /?a\"b HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET /\x80 HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET /\0 HTTP/1.1\r\n"s},
    {http_error::invalid_target, "GET path HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET * HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET ftp://a/ HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET http:///a HTTP/1.1\r\n"},
    {http_error::invalid_target, "CONNECT / HTTP/1.1\r\n"},
    {http_error::invalid_target, "CONNECT a HTTP/1.1\r\n"},
    {http_error::invalid_target, "CONNECT a: HTTP/1.1\r\n"},
    {http_error::invalid_target, "GET /\r\n"},
    {http_error::invalid_version, "GET / \r\n"},
    {http_error::invalid_version, "GET / HTTP/1.1 \r\n"},
    {http_error::invalid_version, "GET / http/1.1\r\n"},
    {http_error::invalid_version, "GET / HTTP/11\r\n"},
    {http_error::invalid_version, "GET / /x HTTP/1.1\r\n"},
    {http_error::unsupported_version, "GET / HTTP/2.0\r\n"},
    {http_error::unsupported_version, "GET / HTTP/1.2\r\n"},
    {http_error::unsupported_version, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {http_error::obsolete_fold, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {http_error::obsolete_fold, "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n"},
    {http_error::invalid_header_name, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
    {http_error::invalid_header_name, "GET / HTTP/1.1\r\n: a\r\n\r\n"},
    {http_error::invalid_header_name, "GET / HTTP/1.1\r\nHost\r\n\r\n"},
    {http_error::invalid_header_name, "GET / HTTP/1.1\r\nA-name-longer-than-sixteen-\xc3\xa9: a\r\n\r\n"},
    {http_error::invalid_header_value, with_host("A: b\0c"s)},
    {http_error::invalid_header_value, with_host("A: b\x7f")},
    {http_error::invalid_header_value, with_host("A: a long value, longer than sixteen\x01")},
    {http_error::missing_host, "GET / HTTP/1.1\r\n\r\n"},
    {http_error::missing_host, "GET http://a/ HTTP/1.1\r\n\r\n"},
    {http_error::multiple_hosts, with_host("Host: a")},
    {http_error::invalid_host, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {http_error::invalid_host, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {http_error::invalid_host, "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n"},
    {http_error::invalid_host, "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"},
    {http_error::invalid_host, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
    {http_error::invalid_host, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"},
    {http_error::invalid_host, "GET http://user@a/ HTTP/1.1\r\n"},
    {http_error::invalid_content_length, with_host("Content-Length:")},
    {http_error::invalid_content_length, with_host("Content-Length: +1")},
    {http_error::invalid_content_length, with_host("Content-Length: 1, 1")},
    {http_error::invalid_content_length, with_host("Content-Length: 0x1")},
    {http_error::invalid_content_length, with_host("Content-Length: 18446744073709551616")},
    {http_error::invalid_content_length, with_host("Content-Length: 99999999999999999999999")},
    {http_error::conflicting_content_length, with_host("Content-Length: 1\r\nContent-Length: 2")},
    {http_error::content_length_with_transfer_encoding,
     with_host("Content-Length: 1\r\nTransfer-Encoding: chunked")},
    {http_error::content_length_with_transfer_encoding,
     with_host("Transfer-Encoding: chunked\r\nContent-Length: 0")},
    {http_error::unsupported_transfer_encoding, with_host("Transfer-Encoding: gzip, chunked")},
    {http_error::unsupported_transfer_encoding, with_host("Transfer-Encoding: chunked, identity")},
    {http_error::unsupported_transfer_encoding, with_host("Transfer-Encoding: xchunked")},
    {http_error::unsupported_transfer_encoding, with_host("Transfer-Encoding:")},
    {http_error::unsupported_transfer_encoding,
     with_host("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")},
    {http_error::transfer_encoding_in_http_1_0, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {http_error::unsupported_expectation, with_host("Expect: 200-ok")},
};

TEST(HttpParser, RejectsEveryKindOfMalformedHead) {
  for (const bad_sample& sample : bad_samples)
    EXPECT_EQ(error_of(sample.bytes), sample.error) << sample.bytes;
}

TEST(HttpParser, ReportsTheSameErrorToAPeerThatTrickles) {
  for (const bad_sample& sample : bad_samples) {
    request_head head;
    parse_result result;
    const std::string bytes = sample.bytes + "\r\n\r\n";
    for (std::size_t seen = 0; result.status == parse_status::incomplete && seen < bytes.size(); ++seen)
      result = parse_head(std::string_view(bytes).substr(0, seen + 1), head, {}, seen);
    EXPECT_EQ(result.error, sample.error) << sample.bytes;
  }
}

TEST(HttpParser, AcceptsTheLargestContentLengthAndEqualDuplicates) {
  request_head head;
  const auto text = with_host("Content-Length: 18446744073709551615\r\nContent-Length: 18446744073709551615");
  EXPECT_EQ(parse_head(text, head).status, parse_status::complete);
  EXPECT_EQ(head.content_length, UINT64_MAX);
}

TEST(HttpParser, BoundsTheTarget) {
  parser_limits limits;
  limits.max_target = 10;
  EXPECT_EQ(error_of("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n", limits), http_error::none);
  EXPECT_EQ(error_of("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n", limits), http_error::target_too_long);
  EXPECT_EQ(error_of("GET /1234567890", limits), http_error::target_too_long);
  EXPECT_EQ(error_of("GET /" + std::string(8192, 'a')), http_error::target_too_long);
}

TEST(HttpParser, BoundsTheHead) {
  const auto head_of = [](std::size_t size) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(error_of(head_of(16384)), http_error::none);
  EXPECT_EQ(error_of(head_of(16385)), http_error::head_too_large);
  request_head head;
  const std::string long_head = head_of(20000);
  EXPECT_EQ(parse_head(std::string_view(long_head).substr(0, 16383), head, {}, 16000).status,
            parse_status::incomplete);
  EXPECT_EQ(parse_head(std::string_view(long_head).substr(0, 16384), head, {}, 16383).error,
            http_error::head_too_large);
}

TEST(HttpParser, BoundsTheNumberOfFields) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i) text += "a: b\r\n";
  EXPECT_EQ(error_of(text + "\r\n"), http_error::none);
  EXPECT_EQ(error_of(text + "c: d\r\n\r\n"), http_error::too_many_headers);
  parser_limits limits;
  limits.max_headers = 1;
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: a\r\nb: c\r\n\r\n", limits), http_error::too_many_headers);
}

TEST(HttpParser, KeepsAConnectionAsVersionAndConnectionSay) {
  const std::vector<std::pair<std::string, bool>> cases{
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false},
  };
  for (const auto& [text, keep] : cases) {
    request_head head;
    ASSERT_EQ(parse_head(text, head).status, parse_status::complete);
    EXPECT_EQ(head.keep_alive, keep) << text;
  }
}

TEST(HttpParser, IgnoresExpectAndUpgradeFromHttp10) {
  request_head head;
  const auto text =
      "GET / HTTP/1.0\r\nExpect: 100-continue\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
  ASSERT_EQ(parse_head(text, head).status, parse_status::complete);
  EXPECT_FALSE(head.expect_continue);
  EXPECT_FALSE(head.wants_websocket());
}

TEST(HttpParser, LeavesNothingOfTheRequestBefore) {
  request_head head;
  ASSERT_EQ(parse_head(samples[2], head).status, parse_status::complete);
  ASSERT_EQ(parse_head(samples[0], head).status, parse_status::complete);
  request_head fresh;
  ASSERT_EQ(parse_head(samples[0], fresh).status, parse_status::complete);
  EXPECT_EQ(describe(head), describe(fresh));
}

TEST(HttpErrors, HaveATextAndAStatusEach) {
  std::set<std::string> texts;
  for (int value = 1; value <= static_cast<int>(http_error::reserved_header); ++value) {
    const auto error = static_cast<http_error>(value);
    texts.insert(make_error_code(error).message());
    EXPECT_GE(http_status_of(error), 400);
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(http_error::reserved_header));
  EXPECT_FALSE(make_error_code(http_error::none));
  EXPECT_EQ(http_status_of(http_error::head_too_large), 431);
  EXPECT_EQ(http_status_of(http_error::target_too_long), 414);
  EXPECT_EQ(http_status_of(http_error::unsupported_version), 505);
  EXPECT_EQ(http_status_of(http_error::unsupported_transfer_encoding), 501);
  EXPECT_EQ(http_status_of(http_error::body_too_large), 413);
  EXPECT_EQ(http_status_of(http_error::content_length_with_transfer_encoding), 400);
}

}  // namespace
}  // namespace trireme::transport::http1

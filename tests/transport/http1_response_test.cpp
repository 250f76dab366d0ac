#include <trireme/transport/http1/parser.hpp>
#include <trireme/transport/http1/response_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace trireme::transport::http1 {
namespace {

std::string written(const response_head& head) {
  std::string out = "before|";
  EXPECT_EQ(append_response_head(out, head), http_error::none);
  EXPECT_LE(out.size() - 7, response_head_bound(head));
  return out;
}

TEST(HttpResponse, WritesTheShortestHead) {
  EXPECT_EQ(written(response_head(200, 12)), "before|HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
}

TEST(HttpResponse, WritesEverythingThatIsAskedFor) {
  const std::array fields{header{"Server", "trireme"}, header{"X-Empty", ""}};
  response_head head(404, std::numeric_limits<std::uint64_t>::max());
  head.connection = connection_option::close;
  head.content_type = "text/plain";
  head.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  head.headers = fields;
  EXPECT_EQ(written(head),
            "before|HTTP/1.1 404 Not Found\r\nContent-Length: 18446744073709551615\r\nConnection: close\r\n"
            "Content-Type: text/plain\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: trireme\r\nX-Empty: "
            "\r\n\r\n");
}

TEST(HttpResponse, FramesTheBodyAsItIsTold) {
  response_head head(200);
  head.framing = body_framing::chunked;
  head.connection = connection_option::keep_alive;
  EXPECT_EQ(written(head),
            "before|HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
  head.framing = body_framing::none;
  EXPECT_EQ(written(head), "before|HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n");
}

TEST(HttpResponse, FramesNothingWhereNoBodyMayBe) {
  EXPECT_EQ(written(response_head(100)), "before|HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(written(response_head(204)), "before|HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(HttpResponse, WritesAStatusThatItHasNoReasonFor) {
  EXPECT_EQ(written(response_head(599)), "before|HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reason_phrase(599), "");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(0), "");
  EXPECT_EQ(reason_phrase(1000), "");
}

TEST(HttpResponse, HasAReasonForEveryStatusThatErrorsAnswerWith) {
  for (int value = 0; value <= static_cast<int>(http_error::reserved_header); ++value)
    EXPECT_NE(reason_phrase(http_status_of(static_cast<http_error>(value))), "");
}

TEST(HttpResponse, RefusesWhatWouldSplitTheResponse) {
  struct sample {
    http_error error;
    header field;
  };
  const std::vector<sample> samples{
      {http_error::unsafe_header_name, {"", "a"}},
      {http_error::unsafe_header_name, {"a b", "c"}},
      {http_error::unsafe_header_name, {"a\r\nb", "c"}},
      {http_error::unsafe_header_name, {"a:", "c"}},
      {http_error::unsafe_header_value, {"a", "b\r\nSet-Cookie: c"}},
      {http_error::unsafe_header_value, {"a", "a value of more than sixteen bytes\n"}},
      {http_error::unsafe_header_value, {"a", std::string_view("\0", 1)}},
      {http_error::reserved_header, {"content-LENGTH", "1"}},
      {http_error::reserved_header, {"Transfer-Encoding", "chunked"}},
      {http_error::reserved_header, {"Connection", "close"}},
      {http_error::none, {"Connection", "Upgrade"}},
  };
  for (const sample& s : samples) {
    response_head head(200);
    head.headers = {&s.field, 1};
    std::string out;
    EXPECT_EQ(append_response_head(out, head), s.error) << s.field.name;
    EXPECT_EQ(out.empty(), s.error != http_error::none);
  }
}

TEST(HttpResponse, RefusesUnsafeContentTypesDatesAndStatuses) {
  std::string out;
  response_head head(200);
  head.content_type = "a\r\n";
  EXPECT_EQ(append_response_head(out, head), http_error::unsafe_header_value);
  head.content_type = {};
  head.date = "a\n";
  EXPECT_EQ(append_response_head(out, head), http_error::unsafe_header_value);
  EXPECT_EQ(append_response_head(out, response_head(99)), http_error::invalid_status);
  EXPECT_EQ(append_response_head(out, response_head(600)), http_error::invalid_status);
  EXPECT_EQ(out, "");
}

TEST(HttpResponse, NamesTheConnectionOptionOnlyWhereNeeded) {
  request_head request;
  ASSERT_EQ(parse_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", request).status, parse_status::complete);
  EXPECT_EQ(connection_option_for(request, true), connection_option::none);
  EXPECT_EQ(connection_option_for(request, false), connection_option::close);
  ASSERT_EQ(parse_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", request).status,
            parse_status::complete);
  EXPECT_EQ(connection_option_for(request, true), connection_option::keep_alive);
}

struct fixed_buffer {
  char* prepare(std::size_t size) { return size <= bytes.size() - used ? bytes.data() + used : nullptr; }
  void commit(std::size_t size) { used += size; }

  std::array<char, 512> bytes{};
  std::size_t used = 0;
};

TEST(HttpResponse, WritesStraightIntoAPreparedBuffer) {
  fixed_buffer out;
  ASSERT_EQ(append_response_head(out, response_head(200, 1)), http_error::none);
  ASSERT_EQ(append_response_head(out, response_head(304)), http_error::none);
  EXPECT_EQ(
      std::string_view(out.bytes.data(), out.used),
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace trireme::transport::http1

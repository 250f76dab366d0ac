#include <trireme/transport/http1/chunked.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace trireme::transport::http1 {
namespace {

// What a decoder makes of `bytes`, given to it in pieces of `piece` bytes after a first one of `first`.
struct decoded {
  std::string body;
  std::size_t consumed = 0;
  chunked_decoder::status status = chunked_decoder::status::need_more;
  http_error error = http_error::none;

  bool operator==(const decoded&) const = default;
};

void feed(chunked_decoder& decoder, std::string_view bytes, decoded& out) {
  for (;;) {
    const auto step = decoder.next(bytes);
    bytes.remove_prefix(step.consumed);
    out.consumed += step.consumed;
    out.body += step.data;
    out.status = step.status;
    out.error = step.error;
    if (step.status != chunked_decoder::status::data) return;
  }
}

decoded decode(std::string_view bytes, std::size_t first, const chunked_limits& limits = {}) {
  chunked_decoder decoder(limits);
  decoded out;
  feed(decoder, bytes.substr(0, first), out);
  if (out.status == chunked_decoder::status::need_more) feed(decoder, bytes.substr(first), out);
  if (out.error != http_error::none) out.consumed = 0;
  return out;
}

decoded decode_bytewise(std::string_view bytes) {
  chunked_decoder decoder;
  decoded out;
  for (; !bytes.empty() && out.status == chunked_decoder::status::need_more; bytes.remove_prefix(1))
    feed(decoder, bytes.substr(0, 1), out);
  if (out.error != http_error::none) out.consumed = 0;
  return out;
}

const std::vector<std::string> samples{
    "0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\nGET /",
    "A ;name=\"v;a\\l\" ; x\r\n0123456789\r\n00000000000000a\r\nabcdefghij\r\n000;last\r\nTrailer: "
    "x\r\nB:\r\n\r\n",
};

TEST(HttpChunked, DecodesBodiesAndStopsAtTheirEnd) {
  const auto done = chunked_decoder::status::done;
  EXPECT_EQ(decode(samples[0], 99), (decoded{"", 5, done, http_error::none}));
  EXPECT_EQ(decode(samples[1], 99), (decoded{"hello", 15, done, http_error::none}));
  EXPECT_EQ(decode(samples[2], 999),
            (decoded{"0123456789abcdefghij", samples[2].size(), done, http_error::none}));
}

TEST(HttpChunked, DecodesTheSameHoweverItIsSplit) {
  for (const std::string& sample : samples) {
    const decoded whole = decode(sample, sample.size());
    for (std::size_t cut = 0; cut < sample.size(); ++cut)
      EXPECT_EQ(decode(sample, cut), whole) << sample << cut;
    EXPECT_EQ(decode_bytewise(sample), whole);
  }
}

struct bad_sample {
  http_error error;
  std::string bytes;
};

const std::vector<bad_sample> bad_samples{
    {http_error::invalid_chunk_size, "\r\n"},
    {http_error::invalid_chunk_size, "g\r\n"},
    {http_error::invalid_chunk_size, "-1\r\n"},
    {http_error::invalid_chunk_size, " 1\r\n"},
    {http_error::invalid_chunk_size, "0x1\r\n"},
    {http_error::invalid_chunk_size, "10000000000000000\r\n"},
    {http_error::invalid_chunk_size, "5\r\nhello\r\n\r\n"},
    {http_error::invalid_chunk_extension, "5 \r\nhello\r\n"},
    {http_error::invalid_chunk_extension, "5;a\x01\r\nhello\r\n"},
    {http_error::invalid_chunk_end, "5\r\nhello!\r\n"},
    {http_error::invalid_chunk_end, "5\r\nhello\n"},
    {http_error::invalid_chunk_end, "5\r\nhello\rX"},
    {http_error::bare_lf, "5\nhello\r\n"},
    {http_error::bare_lf, "5;a\nhello\r\n"},
    {http_error::bare_lf, "0\r\n\n"},
    {http_error::bare_lf, "0\r\na: b\n"},
    {http_error::bare_cr, "5\rX"},
    {http_error::bare_cr, "5;a\rX"},
    {http_error::bare_cr, "0\r\n\rX"},
    {http_error::bare_cr, "0\r\na: b\rX"},
    {http_error::obsolete_fold, "0\r\n a: b\r\n\r\n"},
    {http_error::invalid_header_name, "0\r\n: b\r\n\r\n"},
    {http_error::invalid_header_name, "0\r\na : b\r\n\r\n"},
    {http_error::invalid_header_name, "0\r\nab\r\n\r\n"},
    {http_error::invalid_header_value, "0\r\na: \x7f\r\n\r\n"},
};

TEST(HttpChunked, RejectsEveryKindOfMalformedBody) {
  for (const bad_sample& sample : bad_samples) {
    for (std::size_t cut = 0; cut <= sample.bytes.size(); ++cut)
      EXPECT_EQ(decode(sample.bytes, cut).error, sample.error) << sample.bytes << cut;
  }
}

TEST(HttpChunked, StaysBrokenAfterAnError) {
  chunked_decoder decoder;
  EXPECT_EQ(decoder.next("x").error, http_error::invalid_chunk_size);
  EXPECT_EQ(decoder.next("0\r\n\r\n").error, http_error::invalid_chunk_size);
}

TEST(HttpChunked, BoundsTheBodyByTheSizesItIsTold) {
  chunked_limits limits;
  limits.max_body = 8;
  EXPECT_EQ(decode("5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n", 99, limits).error, http_error::none);
  EXPECT_EQ(decode("5\r\nhello\r\n4\r\n", 99, limits).error, http_error::body_too_large);
  EXPECT_EQ(decode("ffffffffffffffff\r\n", 99, limits).error, http_error::body_too_large);
}

TEST(HttpChunked, BoundsExtensionsOverAllChunks) {
  chunked_limits limits;
  limits.max_extensions = 6;
  EXPECT_EQ(decode("1;a\r\nx\r\n0;b\r\n\r\n", 99, limits).error, http_error::none);
  EXPECT_EQ(decode("1;a\r\nx\r\n0;bb\r\n\r\n", 99, limits).error, http_error::chunk_extensions_too_large);
}

TEST(HttpChunked, BoundsTrailers) {
  chunked_limits limits;
  limits.max_trailers = 5;
  EXPECT_EQ(decode("0\r\na: b\r\n\r\n", 99, limits).error, http_error::none);
  EXPECT_EQ(decode("0\r\na: bc\r\n\r\n", 99, limits).error, http_error::trailers_too_large);
}

TEST(HttpChunked, EncodesWhatItDecodes) {
  std::string out;
  for (const std::string& piece : {std::string("hello"), std::string(300, 'x')}) {
    out.append(make_chunk_header(piece.size()).view()).append(piece).append("\r\n");
  }
  out.append(last_chunk);
  EXPECT_EQ(out, "5\r\nhello\r\n12c\r\n" + std::string(300, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(decode(out, out.size()).body, "hello" + std::string(300, 'x'));
  EXPECT_EQ(make_chunk_header(UINT64_MAX).view(), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace trireme::transport::http1

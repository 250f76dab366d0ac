// HTTP/1: a connection's worth of bytes gives the same requests, bodies and error in one piece and in many.

#include <trireme/transport/http1/chunked.hpp>
#include <trireme/transport/http1/parser.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "splitter.hpp"

namespace {

using namespace trireme::transport::http1;

// What a server would do with a connection's bytes, noted as text.
class session {
public:
  void receive(std::string_view bytes) {
    kept_ += bytes;
    while (!broken_ && (in_body_ ? body() : head())) {
    }
  }

  // An error in a line that never ended may have been put off: look again at what is left.
  std::string finish() {
    seen_ = 0;
    if (!broken_ && !in_body_) head();
    return log_;
  }

private:
  bool head() {
    const std::unique_ptr<char[]> exact(new char[kept_.size() + 1]);  // ASan sees a read past the end of it
    kept_.copy(exact.get(), kept_.size());
    const parse_result result = parse_head({exact.get(), kept_.size()}, head_, limits(), seen_);
    seen_ = kept_.size();
    if (result.status == parse_status::error) fail(result.error);
    if (result.status != parse_status::complete) return false;
    note_head();
    kept_.erase(0, result.consumed);
    seen_ = 0;
    return true;
  }

  static parser_limits limits() {
    parser_limits few;
    few.max_head = 700;
    few.max_target = 300;
    few.max_headers = 12;
    return few;
  }

  void note_head() {
    log_ += '[' + std::string(head_.method_text) + ' ' + std::string(head_.path) + '?' +
            std::string(head_.query) + ' ' + std::string(head_.host);
    for (const header& field : head_.headers()) {
      log_.append("\n").append(field.name).append("=").append(field.value);
      if (head_.find(field.name) == std::nullopt) std::abort();
    }
    log_ += head_.keep_alive ? "+]" : "-]";
    remaining_ = head_.content_length.value_or(0);
    chunked_limits small;
    small.max_body = 100000;
    small.max_extensions = 40;
    small.max_trailers = 60;
    decoder_ = chunked_decoder(small);
    in_body_ = head_.chunked || remaining_ != 0;
    counted_ = !head_.chunked;
  }

  bool body() { return counted_ ? counted_body() : chunked_body(); }

  bool counted_body() {
    const auto size = static_cast<std::size_t>(remaining_ < kept_.size() ? remaining_ : kept_.size());
    log_ += kept_.substr(0, size);
    kept_.erase(0, size);
    remaining_ -= size;
    in_body_ = remaining_ != 0;
    return !in_body_ && !kept_.empty();
  }

  bool chunked_body() {
    const auto step = decoder_.next(kept_);
    if (step.consumed > kept_.size()) std::abort();
    log_ += step.data;
    kept_.erase(0, step.consumed);
    if (step.status == chunked_decoder::status::error) fail(step.error);
    if (step.status == chunked_decoder::status::done) {
      log_ += "[end]";
      in_body_ = false;
    }
    return step.status == chunked_decoder::status::data || step.status == chunked_decoder::status::done;
  }

  void fail(http_error error) {
    log_ += "[error " + std::to_string(int(error)) + ']';
    broken_ = true;
  }

  std::string kept_;
  std::string log_;
  request_head head_;
  chunked_decoder decoder_;
  std::uint64_t remaining_ = 0;
  std::size_t seen_ = 0;
  bool in_body_ = false;
  bool counted_ = false;
  bool broken_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  session whole;
  whole.receive(input);
  session split;
  for (trireme::fuzz::splitter pieces(input); !pieces.done();) split.receive(pieces.next());
  const std::string expected = whole.finish();
  const std::string seen = split.finish();
  if (expected == seen) return 0;
  std::fprintf(stderr, "whole: %s\nsplit: %s\n", expected.c_str(), seen.c_str());
  std::abort();
}

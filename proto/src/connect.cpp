#include <string>
#include <trireme/proto/codec.hpp>
#include <trireme/proto/connect.hpp>
#include <utility>

#include "connect_request.hpp"
#include "utf8.hpp"

namespace trireme::proto::connect {
namespace {

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

/// A JSON string (RFC 8259 §7); what is no UTF-8 becomes U+FFFD.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = detail::utf8_sequence(text);
    const char first = text.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (first == '"' || first == '\\') {
      (out += '\\') += first;
    } else if (static_cast<unsigned char>(first) < 0x20) {
      append_escape(out, static_cast<unsigned char>(first));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void add_trailers(const metadata& trailers, reply& into) {
  into.kept.reserve(trailers.size());
  for (const auto& entry : trailers) {
    into.kept.push_back("trailer-" + entry.name + entry.value);
    const std::string_view both = into.kept.back();
    const std::size_t name_size = both.size() - entry.value.size();
    into.headers.push_back({both.substr(0, name_size), both.substr(name_size)});
  }
}

void write_http_error(int http_status, const status& outcome, reply& into) {
  write_error(outcome, into);
  into.status = http_status;
}

}  // namespace

void write_error(const status& outcome, reply& into) {
  into.status = http_status_of(outcome.code());
  into.content_type = "application/json";
  into.body = "{\"code\":\"";
  into.body += name_of(outcome.code());
  into.body += '"';
  if (!outcome.message().empty()) {
    into.body += ",\"message\":";
    append_quoted(into.body, outcome.message());
  }
  into.body += '}';
}

/// One call: keeps itself until it has been answered.
class exchange final : public message_channel {
public:
  exchange(encoding format, respond answer) : format_(format), answer_(std::move(answer)) {}

  void begin(std::shared_ptr<exchange> self, dispatcher& server, call_open open, std::string_view body) {
    self_ = std::move(self);
    call_ptr opened = server.open(*this, std::move(open));
    if (!self_) return;
    call_ = std::move(opened);
    call_->message(body);
    if (self_) call_->half_close();
  }
  void cancel() {
    if (self_) call_->cancel();
  }

  encoding wire_encoding() const override { return format_; }
  bool ready() const override { return true; }
  bool follow(topic_base&) override { return false; }
  void send(const google::protobuf::Message& message) override { encode(format_, message, reply_.body); }
  void finish(const status& outcome, const metadata& trailers) override {
    const auto keep = std::move(self_);
    if (outcome.ok()) {
      reply_.content_type = content_type_of(format_);
    } else {
      write_error(outcome, reply_);
    }
    add_trailers(trailers, reply_);
    answer_(reply_);
  }

private:
  const encoding format_;
  respond answer_;
  reply reply_;
  std::shared_ptr<exchange> self_;
  call_ptr call_;
};

void ongoing::cancel() const {
  if (const auto call = call_.lock()) call->cancel();
}

bool handler::serves(std::string_view path) const noexcept {
  return looks_like_rpc(path) || server_.find(path) != nullptr;
}

namespace {

/// Whether the request can become a call at all; else `refusal` is the answer.
bool acceptable(const request& given, const method_descriptor* method, reply& refusal) {
  if (given.method != "POST") {
    write_http_error(405, status(code::unimplemented, "calls are made by POST"), refusal);
    refusal.headers.push_back({"Allow", "POST"});
  } else if (!method) {
    write_error(status(code::unimplemented, "no such method: " + std::string(given.path)), refusal);
  } else if (!encoding_of(header_of(given, "content-type"))) {
    write_http_error(415, status(code::unimplemented, "content-type: application/proto or application/json"),
                     refusal);
    refusal.headers.push_back({"Accept-Post", "application/proto, application/json"});
  } else if (method->kind != call_kind::unary) {
    write_error(status(code::unimplemented, "the method streams, which needs a WebSocket"), refusal);
  } else {
    return true;
  }
  return false;
}

}  // namespace

ongoing handler::serve(const request& given, respond answer) {
  reply refusal;
  if (!acceptable(given, server_.find(given.path), refusal)) {
    answer(refusal);
    return ongoing({});
  }
  std::optional<duration> timeout;
  status read = read_protocol_headers(given, timeout);
  if (read && given.body.size() > limits_.max_message_bytes) {
    read = status(code::resource_exhausted,
                  "the message is larger than " + std::to_string(limits_.max_message_bytes) + " bytes");
  }
  if (!read) {
    write_error(read, refusal);
    answer(refusal);
    return ongoing({});
  }
  const auto call =
      std::make_shared<exchange>(*encoding_of(header_of(given, "content-type")), std::move(answer));
  call->begin(call, server_, call_open(given.path, metadata_of(given), timeout, std::string(given.peer)),
              given.body);
  return ongoing(call);
}

}  // namespace trireme::proto::connect

#include <string>
#include <trireme/proto/codec.hpp>
#include <trireme/proto/local_channel.hpp>

namespace trireme::proto {
namespace {

/// Both ends of one call; the server's is a member, as the two seams share names.
class local_call final : public outgoing_call {
public:
  local_call(const local_channel_options& options, call_receiver& receiver) noexcept
      : options_(options), receiver_(&receiver), server_side_(*this) {}

  void begin(dispatcher& server, call_open open) {
    call_ptr opened = server.open(server_side_, std::move(open));
    if (receiver_) server_ = std::move(opened);
  }

  void send(const google::protobuf::Message& message) override {
    std::string bytes;
    encode(options_.format, message, bytes);
    ++sent_;
    server_->message(bytes);
  }
  bool ready() const override { return receiver_ && server_ && sent_ < options_.window; }
  void half_close() override {
    if (server_) server_->half_close();
  }
  void cancel() override {
    if (server_) server_->cancel();
  }
  void consumed() override {
    --received_;
    if (server_) server_->ready();
  }

private:
  class server_side final : public message_channel {
  public:
    explicit server_side(local_call& owner) noexcept : self_(owner) {}
    encoding wire_encoding() const override { return self_.options_.format; }
    bool ready() const override { return self_.received_ < self_.options_.window; }
    bool follow(topic_base&) override { return false; }
    void send(const google::protobuf::Message& message) override {
      std::string bytes;
      encode(self_.options_.format, message, bytes);
      ++self_.received_;
      self_.receiver_->on_message(self_.options_.format, bytes);
    }
    void consumed() override {
      --self_.sent_;
      self_.receiver_->on_ready();
    }
    void finish(const status& outcome, const metadata& trailers) override {
      std::exchange(self_.receiver_, nullptr)->on_finish(outcome, trailers);
    }

  private:
    local_call& self_;
  };

  const local_channel_options options_;
  call_receiver* receiver_;  // null once finished
  server_side server_side_;
  std::size_t sent_ = 0;      // by the client, and not read by the service
  std::size_t received_ = 0;  // by the client, and not read
  call_ptr server_;           // last: dropping it may still look at the rest
};

}  // namespace

std::unique_ptr<outgoing_call> local_channel::open(const method_descriptor& method,
                                                   const call_options& options, call_receiver& receiver) {
  auto call = std::make_unique<local_call>(options_, receiver);
  call->begin(server_, call_open(method.path, options.headers, options.timeout, options_.peer));
  return call;
}

}  // namespace trireme::proto

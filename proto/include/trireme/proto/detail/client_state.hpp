#pragma once
#include <memory>
#include <optional>
#include <trireme/core/promise.hpp>
#include <trireme/proto/async_reader.hpp>
#include <trireme/proto/client_channel.hpp>
#include <trireme/proto/detail/output.hpp>

namespace trireme::proto::detail {

/// One call of a typed client, whatever its messages' types.
class client_state : public call_receiver, private input_owner, private output_sink {
public:
  client_state(client_channel& channel, const method_descriptor& method);
  client_state(const client_state&) = delete;
  client_state& operator=(const client_state&) = delete;

  void open(const call_options& options);
  promise<bool> write(const google::protobuf::Message& message) { return output_.write(message); }
  void half_close();
  void cancel();
  const metadata& trailers() const noexcept { return trailers_; }
  loop& owner() const noexcept { return loop_; }

protected:
  virtual ~client_state();
  virtual input& replies() noexcept = 0;
  virtual void finished(const status&) {}
  input_owner& as_owner() noexcept { return *this; }

private:
  void on_message(encoding format, std::string_view bytes) override;
  void on_ready() override;
  void on_finish(const status& outcome, const metadata& trailers) override;
  void consumed() override;
  bool sink_ready() const override;
  void sink_send(const google::protobuf::Message& message) override;
  void sink_full() override { cancel(); }
  void close_if_flushed();
  void conclude(const status& outcome, const metadata& trailers);

  loop& loop_;
  client_channel& channel_;
  const method_descriptor& method_;
  output output_;
  metadata trailers_;
  bool closing_ = false;  // half-closed once all is sent
  bool done_ = false;
  std::unique_ptr<outgoing_call> call_;
};

/// The same with the type of what comes back.
template <class Out>
class client_stream_state final : public client_state {
public:
  client_stream_state(client_channel& channel, const method_descriptor& method)
      : client_state(channel, method), reader_(channel.owner(), as_owner()) {}
  ~client_stream_state() override = default;
  promise<std::optional<Out>> read() { return reader_.read(); }

private:
  input& replies() noexcept override { return reader_; }
  async_reader<Out> reader_;
};

/// A call with one reply. Kept alive by itself until it has ended, or by its holder: whichever is later.
template <class Out>
class client_reply_state final : public client_state,
                                 public std::enable_shared_from_this<client_reply_state<Out>> {
public:
  client_reply_state(client_channel& channel, const method_descriptor& method)
      : client_state(channel, method), reply_(channel.owner(), this->as_owner()) {}
  ~client_reply_state() override = default;

  promise<Out> begin(const call_options& options) {
    auto [answer, settle] = make_promise<Out>(owner());
    settle_ = std::move(settle);
    self_ = this->shared_from_this();
    open(options);
    return std::move(answer);
  }

private:
  /// Takes the one reply as it comes.
  class single final : public input {
  public:
    using input::input;
    message_ptr only() { return idle() || failure_ ? nullptr : take(); }

  private:
    void wake() override {}
  };

  input& replies() noexcept override { return reply_; }
  void finished(const status& outcome) override {
    owner().queue_microtask([keep = std::move(self_)] {});  // the channel may still be at work above us
    if (!outcome.ok()) return settle_.reject(outcome.to_error());
    if (const auto reply = reply_.only()) return settle_.resolve(std::move(static_cast<Out&>(*reply)));
    settle_.reject(status(code::internal, "the server answered without a reply").to_error());
  }

  single reply_;
  resolver<Out> settle_;
  std::shared_ptr<client_reply_state> self_;
};

}  // namespace trireme::proto::detail

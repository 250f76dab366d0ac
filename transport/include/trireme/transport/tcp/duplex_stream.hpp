#pragma once
#include <memory>
#include <trireme/core/duplex.hpp>
#include <trireme/transport/tcp/stream.hpp>

namespace trireme::transport::tcp {

/// A connection as a source and a sink, for `pipeline` and `co_await`.
///
///     tcp::listener door(loop, "::", 7, [&](int fd) {
///       auto echo = std::make_unique<tcp::duplex_stream>(group, fd);
///       ...
///       pipeline(loop, *echo, *echo, [...](const error&) { ... });
///     });
///
/// Nothing is read from the socket but on demand, so a consumer that is slow fills the kernel's window and
/// slows the peer. Small writes of one turn leave together; a chunk counts as written when the kernel has it,
/// or when no more than 16 KiB, or the group's limit, wait for the end of the turn.
///
/// Thread: the loop's. Lifetime: the group outlives it; destroying it closes the connection, and loses what
/// the kernel has not taken: `end` the sink first. The connection is closed when both directions are over.
/// Errors: a failed connection fails both, and goes to `loop::on_uncaught` only where the sink held bytes and
/// nobody was told; a sink that is destroyed with an error closes the connection, and the source fails with
/// the same. A peer that has gone is noticed by reading or writing only.
class duplex_stream final : public duplex {
public:
  duplex_stream(stream_group& group, int fd, const stream_options& options = {});
  ~duplex_stream() override;

  readable& source() noexcept override { return incoming_; }
  writable& sink() noexcept override { return outgoing_; }

private:
  class incoming final : public readable {
  public:
    incoming(duplex_stream& whole, const stream_options& options)
        : readable(whole.group_.owner(), options), whole_(whole) {}
    using readable::fail;
    using readable::push;
    using readable::push_end;

  private:
    void on_read() override { whole_.resume(); }
    void on_destroy(const error& /*reason*/) override { whole_.close_if_over(); }
    duplex_stream& whole_;
  };
  class outgoing final : public writable {
  public:
    outgoing(duplex_stream& whole, const stream_options& options)
        : writable(whole.group_.owner(), options), whole_(whole) {}
    using writable::done;
    using writable::fail;

  private:
    void on_write(shared_bytes chunk) override { whole_.write(std::move(chunk)); }
    void on_end() override { whole_.shut(); }
    void on_destroy(const error& reason) override { whole_.sink_over(reason); }
    duplex_stream& whole_;
  };
  /// What the connection calls.
  struct events final : stream::protocol {
    explicit events(duplex_stream& told) noexcept : whole(told) {}
    void on_data(std::span<char> bytes) override { whole.arrived(bytes); }
    void on_end() override { whole.incoming_.push_end(); }
    void on_drained() override { whole.drained(); }
    void on_failed(const error& reason) override { whole.failed(reason); }
    duplex_stream& whole;
  };

  void resume();
  void arrived(std::span<char> bytes);
  void write(shared_bytes chunk);
  void write_out(const shared_bytes& chunk);
  void shut();
  void drained();
  void failed(const error& reason);
  void sink_over(const error& reason);
  void close_if_over();

  stream_group& group_;
  const std::size_t corked_at_most_;
  events events_;
  std::unique_ptr<stream> stream_;  // null once closed
  shared_bytes held_;               // waits until the kernel has taken what is before it
  bool blocked_ = false;            // the sink waits for `drained`
  incoming incoming_;
  outgoing outgoing_;
};

}  // namespace trireme::transport::tcp

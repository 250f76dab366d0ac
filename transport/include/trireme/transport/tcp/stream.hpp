#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <trireme/core/detail/descriptor.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/transport/detail/send_queue.hpp>
#include <vector>

namespace trireme::transport::tcp {

/// What the streams of one server share: their loop, limits, and spare output buffers, so that a stream holds
/// memory only while something waits to be sent.
///
/// Thread: the loop's. Lifetime: outlives its streams.
class stream_group {
public:
  explicit stream_group(loop& owner, std::size_t max_buffered)
      : loop_(owner), max_buffered_(max_buffered), overflows_(owner.counters().get("tcp.output_overflow")) {}

  loop& owner() const noexcept { return loop_; }
  /// In bytes, of each stream.
  std::size_t max_buffered() const noexcept { return max_buffered_; }

private:
  friend class stream;
  using output = transport::detail::send_queue;
  std::unique_ptr<output> take();
  void give_back(std::unique_ptr<output> done) noexcept;

  loop& loop_;
  const std::size_t max_buffered_;
  counter& overflows_;
  std::vector<std::unique_ptr<output>> spare_;
};

/// A connected byte stream: reads into the loop's one large buffer, and corks writes, so that all that one
/// turn of the loop writes leaves in one call.
///
/// Thread: the loop's. Lifetime: the loop and the group outlive it; its protocol may destroy it from within a
/// call. Errors: a failed connection, and output beyond the group's limit, end in `on_failed`.
class stream final : trireme::detail::descriptor::handler, trireme::detail::flushable {
public:
  using bound_to_a_loop = void;

  /// What is made of the bytes.
  class protocol {
  public:
    /// Bytes that have arrived, valid and writable until the call returns.
    virtual void on_data(std::span<char> bytes) = 0;
    /// The peer sends no more.
    virtual void on_end() = 0;
    /// Everything written has been handed to the kernel, after a time when it could not be.
    virtual void on_drained() {}
    /// The connection has failed; nothing can be read or written.
    virtual void on_failed(const error& reason) = 0;

  protected:
    ~protocol() = default;
  };

  /// In bytes: a payload of that size is worth a part of its own in a call, and a smaller one is copied.
  static constexpr std::size_t shared_from = 4096;

  stream(stream_group& group, int fd, protocol& target);
  ~stream();

  /// Hands what comes to another protocol from now on.
  void set_protocol(protocol& target) noexcept { protocol_ = &target; }

  /// Queues bytes for the end of this turn, or until more than the group's limit waits.
  void write(std::string_view bytes);
  /// Queues what the caller appends to the returned buffer, at once and within the limit's spirit: heads,
  /// frames.
  std::string& append();
  /// Sends a large payload without copying it where nothing waits before it.
  void write_through(std::string_view head, std::string_view payload);
  /// Queues a payload for the end of this turn at the latest. From `shared_from` on it is never copied, but
  /// kept by its count until it has been sent, however long that takes.
  void write_shared(std::string_view head, const shared_bytes& payload);
  /// Bytes that wait to be sent.
  std::size_t buffered() const noexcept { return output_ ? output_->size() : 0; }
  /// The next read, and no other, goes to this memory; `on_data` then is given what came of it. The caller
  /// keeps the memory until then, or calls this again; empty: the loop's buffer.
  void read_next_into(std::span<char> memory) noexcept { next_read_ = memory; }

  void pause_reading() noexcept { descriptor_.pause_reading(); }
  void resume_reading() noexcept { descriptor_.resume_reading(); }
  /// Sends what waits without waiting for the end of the turn. False where the kernel does not take it all.
  bool flush_now();
  /// Sends what waits, then tells the peer that no more comes.
  void shutdown();
  bool shut() const noexcept { return shutting_; }
  /// Sends what waits as far as the kernel takes it, and gives the open descriptor away. Destroy the stream
  /// next.
  int release();

private:
  void on_readable() override;
  void on_writable() override;
  void flush() override;
  int send_output();
  int send_shared();
  int taken(std::ptrdiff_t sent, std::size_t offered);
  bool conclude(int error);
  void output_done() noexcept;
  void check_limit(std::size_t before, std::size_t corked);
  void fail(int number, std::string_view operation);

  stream_group& group_;
  protocol* protocol_;
  std::unique_ptr<stream_group::output> output_;
  std::span<char> next_read_;
  bool blocked_ = false;  // the kernel takes no more; `on_writable` goes on
  bool shutting_ = false;
  bool failed_ = false;
  trireme::detail::descriptor descriptor_;
};

}  // namespace trireme::transport::tcp

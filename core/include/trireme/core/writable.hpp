#pragma once
#include <cstddef>
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/waiting.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/core/stream.hpp>

namespace trireme {

class writable;

/// What `writable::write` says: whether there is room for more, and, awaited, that there is again.
///
/// Thread: the loop's. Lifetime: await it at once; it names the stream. Errors: awaited, those of the stream.
class [[nodiscard]] room {
public:
  using bound_to_a_loop = void;
  room(writable& stream, bool below_mark) noexcept : stream_(&stream), below_mark_(below_mark) {}
  explicit operator bool() const noexcept { return below_mark_; }
  detail::promise_awaiter<void, true> operator co_await() const;

private:
  writable* stream_;
  bool below_mark_;
};

/// A sink of bytes, in chunks. Derive, and write `on_write`; or see `make_writable`.
///
///     class meter final : public writable {
///     public:
///       explicit meter(loop& owner) : writable(owner) {}
///       std::size_t total = 0;
///     private:
///       void on_write(shared_bytes chunk) override { total += chunk.size(); done(); }
///     };
///
///     if (!sink.write(chunk)) source.pause();     // says it
///     co_await sink.write(chunk);                 // waits
///     co_await sink.end();
///
/// Thread, lifetime: as `stream_base`. Errors: a failure is brought by what waits for the stream, and by all
/// that is called later. Bytes were lost by it, so where nobody was ever told it goes to `loop::on_uncaught`
/// when the stream is destroyed. Order: chunks reach `on_write` one by one, as they were written.
/// Source: https://nodejs.org/docs/latest-v20.x/api/stream.html#writable-streams
class writable : public stream_base {
public:
  ~writable() override;

  /// Takes a chunk. False: the mark is reached, or the stream is over; write no more until it has `drained`.
  /// After `end` it is an error that ends the stream, as in Node: `errc::closed`.
  room write(shared_bytes chunk);
  /// The same; `done` is called once there is room for more.
  void write(shared_bytes chunk, callback_of<void> done);

  /// Waits until less is held than the mark. 1024 may wait at a time; more get `errc::full`, counted as
  /// "stream.waiting_full". A stop of the caller's context ends the wait with its reason.
  promise<void> drained();
  void drained(callback_of<void> done);

  /// No more is written. Waits until everything has been, and the sink has finished. May be called again.
  promise<void> end();
  void end(callback_of<void> done);
  /// Whether `end` has come to its end.
  bool finished() const noexcept { return finished_; }

protected:
  explicit writable(loop& owner, const stream_options& options = {}) : stream_base(owner, options) {}

  /// Writes one chunk, then calls `done`, at once or later. What it throws ends the stream.
  virtual void on_write(shared_bytes chunk) = 0;
  /// Within `on_write`: the next chunk that waits, to be written along with the one given; an empty one where
  /// none does. The one `done` is for all of them. Node's `writev`.
  shared_bytes also();
  /// Everything has been written: finishes, then calls `done`.
  virtual void on_end() { done(); }
  /// The end of what `on_write` or `on_end` began. After `destroy` nothing happens.
  void done(error failure = {});

private:
  friend class detail::pipe;

  bool awaited() const noexcept override {
    return (!pumping_ && work_waits()) || !drains_.empty() || !ends_.empty();
  }
  bool work_waits() const noexcept { return !busy_ && (!chunks_.empty() || (ending_ && !end_given_)); }
  bool below_mark() const noexcept { return buffered_ < mark_; }
  void wake() override;
  void pump();
  void give(shared_bytes chunk);
  void give_end();
  bool accept(shared_bytes chunk);
  void start_drained(completion<void> done);
  void start_end(completion<void> done);
  void begin_end();
  void settle_over();

  detail::waiting_list<void> drains_;
  detail::waiting_list<void> ends_;
  std::size_t in_flight_ = 0;
  bool busy_ = false;
  bool pumping_ = false;
  bool ending_ = false;
  bool end_given_ = false;
  bool finished_ = false;
};

}  // namespace trireme

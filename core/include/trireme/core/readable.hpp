#pragma once
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/waiting.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <trireme/core/stream.hpp>

namespace trireme {

/// A source of bytes, in chunks. Derive, and write `on_read`; or see `make_readable`.
///
///     class zeros final : public readable {
///     public:
///       zeros(loop& owner, int chunks) : readable(owner), left_(chunks) {}
///     private:
///       void on_read() override { left_-- > 0 ? push(page_) : push_end(); }
///       int left_;
///       shared_bytes page_{std::string(4096, '\0')};
///     };
///
///     while (true) {
///       const shared_bytes chunk = co_await source.read();
///       if (chunk.empty()) break;
///       ...
///     }
///
/// Chunks are `shared_bytes`, not a caller's span: from source through transforms to sink a chunk then moves
/// by its count, without a copy, and a source may give the same bytes any number of times.
///
/// Nothing is read ahead of demand. Node fills every stream of a pipeline to its own mark; here a pipeline
/// holds one mark in all, in its sink, and the source works while the sink writes. A source that cannot be
/// asked (a socket) pushes as it can, and stops where `push` says so.
///
/// Thread, lifetime, errors: as `stream_base`. An error comes before chunks that nobody has read.
/// Source: https://nodejs.org/docs/latest-v20.x/api/stream.html#readable-streams
class readable : public stream_base {
public:
  ~readable() override;

  /// The next chunk; an empty one at the end, and ever after. One at a time: a second one, and one on a
  /// stream in a pipeline, is refused with `std::errc::operation_in_progress`. A stop of the caller's context
  /// ends it with the reason of the stop; the chunk is left to the next one.
  promise<shared_bytes> read();
  void read(callback_of<shared_bytes> done);
  /// Whether the end has been read.
  bool ended() const noexcept { return ended_; }

protected:
  explicit readable(loop& owner, const stream_options& options = {}) : stream_base(owner, options) {}

  /// Somebody waits for bytes and there are none: leads to `push` or `push_end`, at once or later, and is not
  /// called again before that. What it throws ends the stream.
  virtual void on_read() = 0;
  /// Takes a chunk; an empty one counts for nothing, but that it may be asked again. False: the mark is
  /// reached; push no more until `on_read`. Nothing is called from within, and after the end, or `destroy`,
  /// nothing happens.
  bool push(shared_bytes chunk);
  /// There is no more.
  void push_end();

private:
  friend class detail::pipe;

  bool awaited() const noexcept override { return !reads_.empty(); }
  void wake() override;
  /// Whether `take` has an answer: a chunk, or, where there is none, the end.
  bool ready() const noexcept { return !chunks_.empty() || no_more_; }
  void ask();
  shared_bytes take();
  void start(completion<shared_bytes> done);
  bool refuses() const noexcept { return !reads_.empty() || observer_; }

  detail::waiting_list<shared_bytes> reads_;  // one at most
  bool asked_ = false;
  bool no_more_ = false;
  bool ended_ = false;
};

}  // namespace trireme

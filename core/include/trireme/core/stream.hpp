#pragma once
#include <cstddef>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/chunk_queue.hpp>
#include <trireme/core/detail/wakeable.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>

namespace trireme {

/// How much a stream may hold.
struct stream_options {
  stream_options() {}
  explicit stream_options(std::size_t mark) : high_water_mark(mark) {}
  /// In bytes. A stream that holds as much tells its producer to wait. 16 KiB, as in Node 20. Source:
  /// https://nodejs.org/docs/latest-v20.x/api/stream.html#streamgetdefaulthighwatermarkobjectmode
  std::size_t high_water_mark = 16 * 1024;
  /// In bytes, at least the mark; each chunk that waits counts for 96 more, which is what it costs. A
  /// producer that goes on past the mark where the stream holds as much has not listened: the stream fails
  /// with `errc::full` and counts it as "stream.overflow". (Node lets the buffer grow.)
  std::size_t limit = 1024 * 1024;
};

class stream_base;

namespace detail {

class pipe;

/// Told when a stream has got on, ended or failed. Called from within the stream's own calls: it takes note,
/// and acts later.
struct stream_observer {
  virtual void stream_changed() = 0;
  virtual void stream_gone(const stream_base& which) = 0;

protected:
  ~stream_observer() = default;
};

}  // namespace detail

/// What every stream has, `readable` and `writable` alike: a bounded buffer, and an end that comes once.
///
/// Thread: the loop's. Lifetime: the loop outlives it. A stream may be destroyed at any time but from within
/// one of its own `on_` functions; operations that wait for it then end with `errc::closed`.
/// Errors: the first one is kept in `failure`, and every later operation brings it.
class stream_base : private detail::wakeable {
public:
  using bound_to_a_loop = void;
  using detail::wakeable::owner;
  virtual ~stream_base();

  /// Bytes it holds, those that its sink is writing included.
  std::size_t buffered() const noexcept { return buffered_; }
  std::size_t high_water_mark() const noexcept { return mark_; }
  /// Whether it is over: by its end, by an error, or by `destroy`.
  bool destroyed() const noexcept { return destroyed_; }
  /// The error that ended it; tests false where there was none. Whoever asks counts as told.
  const error& failure() const noexcept {
    told_ = true;
    return failure_;
  }

  /// Ends it at once and drops what it holds. Operations that wait end with `reason`, or with `errc::closed`
  /// where there is none. A second call does nothing.
  void destroy(error reason = {});

protected:
  stream_base(loop& owner, const stream_options& options);

  /// Releases what the stream stands on. Called once, by the end of the stream, an error or `destroy`; not by
  /// the destructor, for there the derived part has gone. `reason` tests false unless it failed. As the other
  /// `on_` functions it runs under the context that the stream was made in.
  virtual void on_destroy(const error& /*reason*/) {}
  /// Ends it with an error that it met by itself.
  void fail(error reason);

private:
  friend class readable;
  friend class writable;
  friend class detail::pipe;

  /// Whether operations wait for news.
  virtual bool awaited() const noexcept = 0;
  void changed();
  /// What a chunk that waits takes beside its bytes: its place, its count, and the string that holds them.
  static constexpr std::size_t chunk_cost = 96;

  /// Makes room for a chunk, or fails where the limit has been reached.
  bool hold(std::size_t size);
  /// Calls a function of the derived stream; what it throws ends the stream.
  template <class Call>
  void guarded(Call call) {
    try {
      owner().run_in(bound_context(), call);
    } catch (...) {
      fail(error::from(std::current_exception()));
    }
  }
  error closed_reason() const { return failure_ ? failure_ : error(errc::closed); }

  detail::chunk_queue chunks_;
  std::size_t buffered_ = 0;
  std::size_t mark_;
  std::size_t limit_;
  detail::stream_observer* observer_ = nullptr;  // the pipeline that moves its chunks
  error failure_;
  bool destroyed_ = false;
  mutable bool told_ = false;  // whether anybody has heard of the failure
};

}  // namespace trireme

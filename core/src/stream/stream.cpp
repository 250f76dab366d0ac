#include <algorithm>
#include <trireme/core/stream.hpp>

namespace trireme {

stream_base::stream_base(loop& owner, const stream_options& options)
    : wakeable(owner),
      mark_(std::max<std::size_t>(options.high_water_mark, 1)),
      limit_(std::max(options.limit, mark_)) {}

stream_base::~stream_base() {
  if (observer_) observer_->stream_gone(*this);
}

void stream_base::destroy(error reason) {
  owner().assert_current();
  if (destroyed_) return;
  told_ = true;
  fail(std::move(reason));
}

void stream_base::fail(error reason) {
  if (destroyed_) return;
  destroyed_ = true;
  failure_ = std::move(reason);
  chunks_.clear();
  buffered_ = 0;
  try {
    owner().run_in(bound_context(), [this] { on_destroy(failure_); });
  } catch (...) {
    owner().uncaught(error::from(std::current_exception()));
  }
  changed();
}

void stream_base::changed() {
  if (observer_) observer_->stream_changed();
  if (awaited()) wake_soon();
}

bool stream_base::hold(std::size_t size) {
  // Below the mark nobody was told to wait, however small the chunks are.
  if (buffered_ >= mark_ && buffered_ + chunks_.count() * chunk_cost >= limit_) {
    owner().counters().get("stream.overflow").add();
    fail(errc::full);
    return false;
  }
  buffered_ += size;
  return true;
}

}  // namespace trireme

#include <trireme/core/writable.hpp>

namespace trireme {

detail::promise_awaiter<void, true> room::operator co_await() const {
  return stream_->drained().operator co_await();
}

writable::~writable() {
  if (observer_ || !drains_.empty() || !ends_.empty()) told_ = true;
  drains_.reject_all_soon(closed_reason());
  ends_.reject_all_soon(closed_reason());
  if (failure_ && !told_) owner().uncaught(failure_);
}

room writable::write(shared_bytes chunk) {
  owner().assert_current();
  return {*this, accept(std::move(chunk))};
}

void writable::write(shared_bytes chunk, callback_of<void> done) {
  owner().assert_current();
  accept(std::move(chunk));
  start_drained(completion<void>(owner(), std::move(done)));
}

bool writable::accept(shared_bytes chunk) {
  if (destroyed()) return false;
  if (ending_) {
    fail(error::with_text(errc::closed, "write after end"));
    return false;
  }
  if (chunk.empty()) return below_mark();
  if (!hold(chunk.size())) return false;
  chunks_.push(std::move(chunk));
  pump();
  return !destroyed() && below_mark();
}

void writable::pump() {
  if (pumping_) return;
  pumping_ = true;
  while (!busy_ && !destroyed()) {
    if (!chunks_.empty()) {
      give(chunks_.pop());
    } else if (ending_ && !end_given_) {
      end_given_ = true;
      busy_ = true;
      guarded([this] { on_end(); });
    } else {
      break;
    }
  }
  pumping_ = false;
}

void writable::give(shared_bytes chunk) {
  busy_ = true;
  in_flight_ = chunk.size();
  guarded([&] { on_write(std::move(chunk)); });
}

shared_bytes writable::also() {
  if (chunks_.empty() || !busy_) return {};
  shared_bytes chunk = chunks_.pop();
  in_flight_ += chunk.size();
  return chunk;
}

void writable::done(error failure) {
  if (destroyed()) return;
  TRIREME_ASSERT(busy_);
  busy_ = false;
  if (failure) return fail(std::move(failure));
  buffered_ -= std::exchange(in_flight_, 0);
  if (end_given_) {
    finished_ = true;
    return fail({});
  }
  changed();
}

promise<void> writable::drained() {
  return with_promise<void>(owner(), [this](auto done) { start_drained(std::move(done)); });
}

void writable::drained(callback_of<void> done) { start_drained(completion<void>(owner(), std::move(done))); }

void writable::start_drained(completion<void> done) {
  owner().assert_current();
  drains_.add(std::move(done));
  if (destroyed() || below_mark()) wake_soon();
}

promise<void> writable::end() {
  return with_promise<void>(owner(), [this](auto done) { start_end(std::move(done)); });
}

void writable::end(callback_of<void> done) { start_end(completion<void>(owner(), std::move(done))); }

void writable::start_end(completion<void> done) {
  owner().assert_current();
  ends_.add(std::move(done));
  begin_end();
  if (destroyed()) wake_soon();
}

void writable::begin_end() {
  if (destroyed()) return;
  ending_ = true;
  pump();
}

void writable::wake() {
  pump();
  if (destroyed()) {
    settle_over();
  } else if (below_mark()) {
    drains_.resolve_all();
  }
}

void writable::settle_over() {
  if (!drains_.empty() || !ends_.empty()) told_ = true;
  const error reason = closed_reason();
  // In ticks, for a callback may destroy the stream and with it the other list.
  drains_.reject_all_soon(reason);
  if (finished_) {
    ends_.resolve_all();
  } else {
    ends_.reject_all(reason);
  }
}

}  // namespace trireme

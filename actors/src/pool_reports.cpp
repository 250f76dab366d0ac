// Whom a pool tells what: of stops that are ignored, of places, of its end, of times.
#include <algorithm>
#include <string>
#include <string_view>
#include <trireme/actors/detail/pool_core.hpp>
#include <trireme/core/log.hpp>
#include <utility>

namespace trireme::actors::detail {

// Timers come before what has arrived is read: the job may be back.
void pool_core::report_later(job_record& record) {
  record.asked_at = loop_.now();
  const auto report = [which = handle_of(record)] {
    if (job_record* const still = which.record()) still->pool.report_ignored(*still);
  };
  record.alarm = loop_.set_timeout(report_after_, [&where = loop_, report] { where.set_immediate(report); });
  record.alarm.unref();
}

void pool_core::report_ignored(job_record& record) {
  ignored_.add();
  const ignored_stop what{record.kind->name(), record.lane, loop_.now() - record.asked_at};
  if (on_ignored_stop_) return on_ignored_stop_.call(loop_, what);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(what.since).count();
  log(log_level::warning, "a job on " + name_ + "/" + std::to_string(what.worker) +
                              " runs on, asked to stop " + std::to_string(milliseconds) +
                              " ms ago: " + what.job);
}

void pool_core::on_ignored_stop(unique_function<void(const ignored_stop&)> handler) {
  on_ignored_stop_.set(loop_, std::move(handler));
}

const job_times* pool_core::times(const char* name) noexcept {
  const job_kind* const kind = find_kind(name);
  return kind ? kind->times.get() : nullptr;
}

void pool_core::drained(completion<void> done) {
  loop_.assert_current();
  drained_.add(std::move(done));
  if (outstanding_ == 0) tell_drained_later();
}

void pool_core::room(completion<void> done) {
  loop_.assert_current();
  room_.add(std::move(done));
  if (outstanding_ < limit_) tell_room_soon();
}

// An answer may be under way by ticks and microtasks still.
void pool_core::tell_drained_later() {
  loop_.set_immediate([pool = anchor_] {
    pool_core* const core = pool.core();
    if (core && core->outstanding_ == 0) core->drained_.resolve_all();
  });
}

void pool_core::tell_room_soon() {
  if (std::exchange(tell_queued_, true)) return;
  loop_.next_tick([pool = anchor_] {
    if (pool_core* const core = pool.core()) core->tell_room();
  });
}

// A callback may destroy the pool.
void pool_core::tell_room() {
  const auto self = shared_from_this();
  tell_queued_ = false;
  for (std::size_t places = limit_ - std::min(outstanding_, limit_); places > 0 && !room_.empty(); --places) {
    room_.take().resolve();
  }
  if (room_.empty() || outstanding_ >= limit_ || gone_) return;
  loop_.set_immediate([pool = anchor_] {  // those who were told may leave their places unused
    if (pool_core* const core = pool.core()) core->tell_room_soon();
  });
}

}  // namespace trireme::actors::detail

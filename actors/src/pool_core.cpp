#include <trireme/actors/detail/pool_core.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <trireme/actors/worker_host.hpp>
#include <trireme/core/assert.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

std::size_t most_workers_of(const pool_options& options) noexcept {
  if (options.workers > 0) return options.workers;
  return std::max(2u, std::thread::hardware_concurrency()) - 1;
}
worker_host& host_of(const pool_options& options) noexcept {
  return options.host ? *options.host : thread_host();
}
error named(errc code) { return error(make_error_code(code), "pool"); }

}  // namespace

pool_core::pool_core(loop& owner, const pool_options& options)
    : loop_(owner),
      loop_state_(owner.internals()),
      inbox_(owner.internals().incoming),
      host_(host_of(options)),
      threads_(host_.may_block()),
      own_time_(threads_ && owner.internals().time.jumps()),
      name_(options.name),
      polling_(options.polling),
      min_workers_(std::min(options.min_workers.value_or(no_limit), most_workers_of(options))),
      idle_timeout_(options.idle_timeout),
      limit_(std::min(options.queue_limit, no_limit) + most_workers_of(options)),
      policy_(options.policy),
      hand_ahead_(own_time_ ? duration::zero() : options.hand_ahead),
      report_after_(options.report_after),
      progress_limit_(std::max<std::size_t>(options.progress_limit, 1)),
      full_(owner.counters().get("actors.pool.full")),
      dropped_(owner.counters().get("actors.pool.dropped")),
      expired_(owner.counters().get("actors.pool.expired")),
      ignored_(owner.counters().get("actors.pool.stop_ignored")),
      anchor_(pool_anchor::make(*this)),
      backlog_(most_workers_of(options)),
      lanes_(most_workers_of(options)),
      messages_(no_limit) {
  loop_.assert_current();
}

void pool_core::start() {
  for (std::size_t which = 0; which < min_workers_; ++which) open(which);
}

pool_core::~pool_core() = default;

void pool_core::shut_down() noexcept {
  loop_.assert_current();
  TRIREME_ASSERT(!inbox_->closed());  // the loop outlives its pools
  closed_ = true;
  anchor_.pool_goes();
  for (job_record& record : records_) cancel(record, errc::canceled);
  retire_all();
  for (lane& each : lanes_) each.worker.reset();  // waits for its thread
  inbox_->forget(*this);
  gone_ = true;
  if (!delivering_) deliver_rest();
  for (job_record& record : records_) record.alarm.clear();
  shrink_.clear();
  look_.clear();
  unlink();
  drained_.reject_all_soon(errc::canceled);
  room_.reject_all_soon(errc::canceled);
  on_ignored_stop_ = {};
  work_ = loop_hold();
}

job_handle pool_core::submit(std::unique_ptr<pool_job> job, const kind_id& kind, const job_options& how) {
  loop_.assert_current();
  if (const error reason = reason_to_refuse(how)) {
    job->answer_error_soon(loop_, reason);
    return {};
  }
  job_record& record = enter(std::move(job), kind, how);
  const job_handle handle = handle_of(record);
  if (record.has_deadline() && too_late(record)) {
    drop_late(record);
    return handle;
  }
  if (record.has_deadline()) arm_alarm(record);
  if (record.context) record.context->watch(record.watch);
  place(record);
  return handle;
}

// While answers are delivered many submit the next job: one wake-up for all.
void pool_core::place(job_record& record) {
  const bool at_once = idle_ > 0 || running_ < lanes_.size();
  if (!give_at_once(record)) backlog_.add(record);
  if (delivering_) return;
  if (at_once) return hand_out();
  loop_state_.flush_before_poll(*this);
}

error pool_core::reason_to_refuse(const job_options& how) {
  const context_ptr& current = loop_.current();
  if (current && current->stop_requested()) return current->stop_reason();
  if (closed_) return named(errc::closed);
  if (outstanding_ < limit_ || make_room(how.class_)) return {};
  full_.add();
  return named(errc::full);
}

bool pool_core::make_room(priority wanted) {
  if (policy_ != when_full::drop_oldest) return false;
  job_record* const oldest = backlog_.oldest_of_lowest(wanted);
  if (!oldest) return false;
  dropped_.add();
  drop(*oldest, named(errc::full));
  return true;
}

job_record& pool_core::enter(std::unique_ptr<pool_job> job, const kind_id& kind, const job_options& how) {
  if (free_records_.empty()) {
    records_.emplace_back(*this, static_cast<std::uint32_t>(records_.size()));
    free_records_.reserve(records_.size());  // so that `answered` cannot fail
    free_records_.push_back(&records_.back());
  }
  job_record& record = *free_records_.back();
  record.kind = &kind_for(kind, how.name_);
  free_records_.pop_back();
  record.stands = job_record::standing::waiting;
  record.class_ = how.class_;
  record.keyed = how.key_.has_value();
  record.lane = record.keyed ? static_cast<std::uint32_t>(*how.key_ % lanes_.size()) : 0;
  record.sequence = sequence_++;
  record.submitted = own_time_ ? worker_time() : loop_.now();
  record.deadline = deadline_of(how);
  record.context = loop_.current();
  record.job = job.release();
  record.job->record_ = &record;
  record.job->control_.deadline_ = record.deadline;
  if (outstanding_++ == 0) work_ = loop_hold(loop_, threads_);
  return record;
}

time_point pool_core::deadline_of(const job_options& how) const {
  const context_ptr& current = loop_.current();
  if (!current && !how.has_deadline()) return job_record::no_deadline;
  time_point nearest = how.until_;
  if (how.within_ != duration::max()) {
    nearest = std::min(nearest, trireme::detail::later(loop_.now(), std::max(how.within_, duration::zero())));
  }
  return current ? std::min(nearest, current->deadline().value_or(nearest)) : nearest;
}

bool pool_core::too_late(const job_record& record) const {
  const duration left = record.deadline - loop_.now();
  return left <= duration::zero() || (record.kind->known() && left < record.kind->usual);
}

job_kind& pool_core::kind_by(const void* identity, const kind_id& id, const char* name) {
  job_kind*& known = known_kinds_[identity];
  if (!known) known = name ? find_kind(name) : nullptr;
  if (!known) known = &kinds_.emplace_back(name, *id.type);
  latest_kind_ = known;
  latest_identity_ = identity;
  return *known;
}

job_kind* pool_core::find_kind(std::string_view name) noexcept {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [name](const job_kind& each) {
    return each.given_name && each.given_name == name;
  });
  return found == kinds_.end() ? nullptr : &*found;
}

void pool_core::arm_alarm(job_record& record) {
  record.alarm = loop_.set_timeout(record.deadline - loop_.now(), [which = handle_of(record)] {
    if (job_record* const late = which.record()) late->pool.expire(*late);
  });
  record.alarm.unref();
}

job_record* pool_core::find(std::uint32_t number, std::uint32_t generation) noexcept {
  job_record& record = records_[number];
  return record.active() && record.generation == generation ? &record : nullptr;
}

void pool_core::expire(job_record& record) {
  if (back_in_time(record)) return;
  counter& expired = expired_;  // the pool may go
  if (cancel(record, errc::timed_out)) expired.add();
}

// Timers come before what has arrived is read: a job that is back is not late because its loop was.
bool pool_core::back_in_time(const job_record& record) const noexcept {
  if (record.stands != job_record::standing::out || own_time_) return false;
  const std::uint32_t done = lanes_[record.lane].done_by_worker.load();
  const bool back = static_cast<std::int32_t>(done - record.place) > 0;
  return back && record.job->ended_ < record.deadline;
}

bool pool_core::cancel(job_record& record, const error& reason) {
  if (!record.active() || record.asked_to_stop) return false;
  const error why = reason ? reason : error(errc::canceled);
  record.watch.unlink();
  record.alarm.clear();
  pool_job& job = *record.job;
  if (record.stands == job_record::standing::out && job.control_.request_stop()) {
    record.asked_to_stop = true;
    record.stop_reason = why;
    job.stopped_while_running();
    if (anchor_.core()) report_later(record);
    return false;
  }
  // What is destroyed last may do anything, and destroy the pool: nothing of ours is touched after it.
  const retracted never = retract(record);
  never.owner.run_in(never.context, [&] { never.job->answer_error_soon(never.owner, why); });
  return true;
}

// From a worker only the husk comes back.
pool_core::retracted pool_core::retract(job_record& record) {
  pool_job& job = *record.job;
  if (record.stands == job_record::standing::waiting) {
    if (record.linked()) backlog_.remove(record);
    job.record_ = nullptr;
    return {loop_, answered(record), std::unique_ptr<pool_job>(&job)};
  }
  job.record_ = nullptr;
  std::unique_ptr<pool_job> moved = job.move_away();
  job.discard();
  return {loop_, answered(record), std::move(moved)};
}

// For those who go on afterwards: what the job holds is destroyed in a tick.
void pool_core::drop(job_record& record, const error& why) {
  record.watch.unlink();
  record.alarm.clear();
  retracted never = retract(record);
  loop_.run_in(never.context, [&] {
    never.job->answer_error_soon(loop_, why);
    loop_.next_tick([job = std::move(never.job)] {});
  });
}

void pool_core::drop_late(job_record& record) {
  if (loop_.now() < record.deadline) record.kind->refused();
  expired_.add();
  drop(record, errc::timed_out);
}

context_ptr pool_core::answered(job_record& record) noexcept {
  record.unlink();
  record.stands = job_record::standing::free;
  ++record.generation;
  record.job = nullptr;
  free_records_.push_back(&record);
  if (--outstanding_ == 0) {
    work_ = loop_hold();
    if (closed_) retire_all();
  }
  if (outstanding_ == 0 && !drained_.empty()) tell_drained_later();
  if (!room_.empty()) tell_room_soon();
  return std::move(record.context);
}

void pool_core::close() noexcept {
  loop_.assert_current();
  closed_ = true;
  if (outstanding_ == 0) retire_all();
}

}  // namespace trireme::actors::detail

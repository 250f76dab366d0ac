// What workers send, and how the loop hears of it.
#include <algorithm>
#include <trireme/actors/detail/pool_core.hpp>
#include <trireme/core/detail/prefetch.hpp>
#include <utility>

namespace trireme::actors::detail {

namespace {

/// Callbacks of one delivery, so that no pool starves the loop's other phases.
constexpr std::size_t delivery_budget = 1024;
/// After how many answers of a lane the lanes are filled up again: who is answered submits the next job,
/// mostly.
constexpr std::size_t refill_every = 64;

}  // namespace

// What workers sent before their pool was destroyed.
struct pool_core::farewell final : trireme::detail::job {
  explicit farewell(std::shared_ptr<pool_core> whose) noexcept : core(std::move(whose)) {}
  void run() override {
    core->deliver();
    core->deliver_rest();
  }
  std::shared_ptr<pool_core> core;
};

void pool_core::deliver_rest() {
  if (!anything_new()) return;
  std::unique_ptr<trireme::detail::job> last = std::make_unique<farewell>(shared_from_this());
  static_cast<void>(inbox_->push_always(last));
}

time_point pool_core::worker_time() const noexcept {
  if (threads_) return std::chrono::steady_clock::now();
  return loop_state_.time.now();
}

void pool_core::on_async() {
  const auto self = shared_from_this();  // who is answered may destroy the pool
  deliver();
  if (gone_) return deliver_rest();
  rearm();
  if (anything_new()) notify();
}

// Within one callback of the loop: each answer is one of its own.
void pool_core::deliver() {
  delivering_ = true;
  budget_ = delivery_budget;
  for (std::size_t before = 0; budget_ != before && anything_new();) {
    before = budget_;
    if (messages_due_ == 0) look();
    deliver_messages();
    if (messages_due_ == 0) deliver_answers();
  }
  delivering_ = false;
}

bool pool_core::may_deliver() noexcept {
  if (budget_ == 0 || loop_state_.stopping) return false;
  --budget_;
  return true;
}

bool pool_core::anything_new() const noexcept {
  if (messages_.size() > 0) return true;
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const lane& each) { return each.taken != each.done_by_worker.load(); });
}

// First what is done, then the messages: most of a job that is done are among them.
void pool_core::look() {
  for (lane& each : lanes_) each.done = each.done_by_worker.load();
  messages_due_ = messages_.size();
}

void pool_core::deliver_messages() {
  for (; messages_due_ > 0 && may_deliver(); --messages_due_) {
    std::unique_ptr<trireme::detail::job> popped;
    if (messages_.pop_many(&popped, 1) == 0) messages_due_ = 1;  // what was counted is not there yet
    if (!popped) continue;
    loop_state_.enter(static_cast<arrival&>(*popped).context(), [&popped] {
      const auto message = std::move(popped);
      message->run();
    });
  }
}

// By turns, so that no worker's answers wait for all of another's.
void pool_core::deliver_answers() {
  for (bool any = true; any; hand_out()) {
    any = false;
    for (lane& each : lanes_) any = deliver_answers(each) || any;
  }
}

bool pool_core::deliver_answers(lane& from) {
  const std::uint32_t before = from.taken;
  const auto all_arrived = [&from] {
    const auto& oldest = static_cast<const pool_job&>(*from.out[from.taken % most_handed]);
    return oldest.arrived_ == oldest.sent_;
  };
  while (from.taken != from.done && from.taken - before < refill_every && all_arrived() && may_deliver()) {
    deliver_answer(from);
  }
  return from.taken != before;
}

void pool_core::deliver_answer(lane& from) {
  std::unique_ptr<pool_job> job = take_oldest(from);
  fetch_ahead(from);
  if (!job->record_) return;
  loop_state_.enter(job->record_->context, [this, &job] {
    const std::unique_ptr<pool_job> home = std::move(job);
    came_home(*home);
  });
}

std::unique_ptr<pool_job> pool_core::take_oldest(lane& from) noexcept {
  const std::uint32_t oldest = from.taken++ % most_handed;
  from.ahead -= from.charged[oldest];
  from.last_return = loop_.now();
  from.stuck = false;
  if (from.handed() == 0 && from.open()) {
    ++idle_;
    if (running_ > min_workers_ && !shrink_.active()) shrink_later(idle_timeout_);
  }
  return std::unique_ptr<pool_job>(static_cast<pool_job*>(from.out[oldest]));
}

// What another thread wrote is far away: it is under way while the answers before it are delivered.
void pool_core::fetch_ahead(const lane& from) noexcept {
  constexpr std::uint32_t distance = 8;
  if (from.done - from.taken <= distance) return;
  trireme::detail::prefetch_to_write<2>(from.out[(from.taken + distance) % most_handed]);
}

void pool_core::came_home(pool_job& job) {
  job_record& record = *job.record_;
  if (record.watch.linked()) record.watch.unlink();
  if (record.has_deadline() || record.asked_to_stop) record.alarm.clear();
  measure(record, job);
  if (record.asked_to_stop) return answer_stopped(job);
  static_cast<void>(answered(record));
  job.answer();
}

void pool_core::answer_stopped(pool_job& job) {
  job_record& record = *job.record_;
  record.asked_to_stop = false;
  const error reason = std::exchange(record.stop_reason, {});
  static_cast<void>(answered(record));
  job.answer_error(reason);
}

void pool_core::measure(job_record& record, const pool_job& job) noexcept {
  const duration waited = job.begun_ - record.submitted;
  const duration ran = job.ended_ - job.begun_;
  // A stop may have cut it short: it would have taken that long at least.
  if (!record.asked_to_stop || ran > record.kind->usual) record.kind->took(ran);
  if (job_times* const named = record.kind->times.get()) {
    named->wait.record(waited);
    named->run.record(ran);
  }
  times_.wait.record(waited);
  times_.run.record(ran);
}

}  // namespace trireme::actors::detail

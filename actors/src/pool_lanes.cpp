// Which worker does which job, and how many workers there are.
#include <algorithm>
#include <trireme/actors/detail/pool_core.hpp>
#include <utility>

namespace trireme::actors::detail {

// Who has nothing to do comes first; then a job in advance for each in turn.
bool pool_core::give_at_once(job_record& record) {
  if (record.keyed || !backlog_.empty()) return false;
  if (idle_ > 0) next_lane_ = 0;  // so that the last workers may be idle for long enough to end
  for (std::size_t tried = 0; tried < lanes_.size(); ++tried) {
    const std::size_t which = std::exchange(next_lane_, next_lane_ + 1 == lanes_.size() ? 0 : next_lane_ + 1);
    if ((idle_ > 0 && lanes_[which].handed() > 0) || !has_room(lanes_[which], *record.kind)) continue;
    give(which, record);
    return true;
  }
  return false;
}

void pool_core::hand_out() {
  for (bool served = true; served && !backlog_.empty();) {
    served = (idle_ > 0 && serve_lanes(true)) || serve_lanes(false) || grow();
  }
  for (lane& each : lanes_) each.push();
}

bool pool_core::serve_lanes(bool only_idle) {
  bool any = false;
  for (std::size_t which = 0; which < lanes_.size(); ++which) {
    if (!only_idle || lanes_[which].handed() == 0) any = serve(which) || any;
  }
  return any;
}

bool pool_core::serve(std::size_t which) {
  if (!lanes_[which].open()) return false;
  job_record* next = backlog_.next_for(which);
  while (next && next->has_deadline() && too_late(*next)) {
    drop_late(*next);
    next = backlog_.next_for(which);
  }
  if (!next || !has_room(lanes_[which], *next->kind)) return false;
  backlog_.take(which, *next);
  give(which, *next);
  return true;
}

// What may have to make room for others stays here.
bool pool_core::has_room(const lane& to, const job_kind& kind) const noexcept {
  if (!to.open() || to.stuck) return false;
  if (to.handed() == 0) return true;
  if (policy_ == when_full::drop_oldest || !kind.known()) return false;
  return to.handed() < most_handed && to.ahead + kind.usual < hand_ahead_;
}

void pool_core::give(std::size_t which, job_record& record) {
  lane& to = lanes_[which];
  const duration charged = record.kind->known() ? record.kind->usual : hand_ahead_;
  record.stands = job_record::standing::out;
  record.lane = static_cast<std::uint32_t>(which);
  record.place = to.given;
  if (to.handed() == 0) {
    --idle_;
    to.last_return = loop_.now();
  } else if (lanes_.size() > 1 && !look_.active()) {
    look_later();
  }
  to.ahead += charged;
  to.out[to.given % most_handed] = record.job;
  to.charged[to.given++ % most_handed] = charged;
}

void pool_core::lane::push() {
  while (pushed != given) {  // twice where they lie around the end
    const std::uint32_t first = pushed % most_handed;
    const std::uint32_t many = std::min(given - pushed, most_handed - first);
    worker->push(&out[first], many);
    pushed += many;
  }
}

void pool_core::lane::discard_all() noexcept {
  for (; handed() > 0; ++taken) delete out[taken % most_handed];
}

void pool_core::look_later() {
  loop_.run_in({}, [this] { look_ = loop_.set_timeout(hand_ahead_, [this] { look_for_stuck_lanes(); }); });
  look_.unref();
}

// Jobs were handed out in advance on a guess. Where it was wrong they go to another worker.
void pool_core::look_for_stuck_lanes() {
  bool again = false;
  for (lane& each : lanes_) {
    if (each.handed() < 2 || each.stuck) continue;  // nothing more is given to one that is stuck
    const bool came_back = each.taken != each.done_by_worker.load();  // it is the loop that is late
    if (!came_back && loop_.now() - each.last_return >= hand_ahead_) take_back(each);
    again = true;
  }
  hand_out();
  if (again && !look_.active()) look_later();
}

void pool_core::take_back(lane& from) {
  trireme::detail::list<job_record> taken;
  for (std::uint32_t which = from.done; which != from.given; ++which) {
    job_record* const record = static_cast<pool_job&>(*from.out[which % most_handed]).record_;
    if (!record || record->keyed || !record->job->control_.withdraw()) continue;
    taken.push_back(*record);
    replace_job(*record);
  }
  from.stuck = true;
  backlog_.put_back(taken);
}

// What was handed out comes back as a husk.
void pool_core::replace_job(job_record& record) {
  pool_job& husk = *record.job;
  record.job = husk.move_away().release();
  record.job->record_ = &record;
  record.job->control_.deadline_ = husk.control_.deadline_;
  husk.discard();  // where moving was copying
  husk.record_ = nullptr;
  record.stands = job_record::standing::waiting;
}

// Where one cannot be started only jobs with a key need another: the rest waits for those that run.
bool pool_core::grow() {
  bool refused = false;
  for (std::size_t which = 0; which < lanes_.size(); ++which) {
    if (lanes_[which].worker || !(refused ? backlog_.keyed_for(which) : backlog_.next_for(which))) continue;
    try {
      open(which);
      return true;
    } catch (...) {
      refused = true;
      give_up(which, error::from(std::current_exception()));
    }
  }
  return false;
}

void pool_core::give_up(std::size_t which, const error& reason) {
  const auto next = [&] { return running_ > 0 ? backlog_.keyed_for(which) : backlog_.next_for(which); };
  while (job_record* const hopeless = next()) drop(*hopeless, reason);
}

void pool_core::open(std::size_t which) {
  lane& opened = lanes_[which];
  auto worker = std::make_unique<pool_worker>(*this, which, opened.done_by_worker, polling_);
  worker->start(host_, name_ + "/" + std::to_string(which));
  opened.worker = std::move(worker);
  opened.last_return = loop_.now();
  ++running_;
  if (opened.handed() == 0) ++idle_;
  if (running_ > min_workers_ && !shrink_.active()) shrink_later(idle_timeout_);
}

void pool_core::retire(lane& which) noexcept {
  if (!which.open()) return;
  if (which.handed() == 0) --idle_;
  which.push();
  which.retiring = true;
  which.worker->close();
}

void pool_core::retire_all() noexcept {
  for (lane& each : lanes_) retire(each);
}

void pool_core::worker_ended(std::size_t index) {
  if (gone_) return;
  lane& ended = lanes_[index];
  ended.worker.reset();  // waits for the thread, which is at its end
  ended.retiring = false;
  --running_;
  hand_out();
}

void pool_core::shrink_later(duration after) {
  loop_.run_in({}, [&] { shrink_ = loop_.set_timeout(after, [this] { shrink(); }); });
  shrink_.unref();
}

void pool_core::shrink() {
  auto left = static_cast<std::size_t>(
      std::count_if(lanes_.begin(), lanes_.end(), [](const lane& each) { return each.open(); }));
  duration next = duration::max();
  for (std::size_t which = lanes_.size(); which-- > 0;) {
    lane& each = lanes_[which];
    if (!each.open() || each.handed() > 0 || left <= min_workers_) continue;
    const duration rest = each.last_return + idle_timeout_ - loop_.now();
    if (rest <= duration::zero()) {
      retire(each);
      --left;
    } else {
      next = std::min(next, rest);
    }
  }
  if (left > min_workers_ && next < duration::max()) shrink_later(next);
}

}  // namespace trireme::actors::detail

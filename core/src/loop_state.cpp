#include <trireme/core/detail/loop_state.hpp>

#include <algorithm>
#include <trireme/core/detail/inbox.hpp>

#include "inbox_watch.hpp"
#include "reactor.hpp"
#include "signal_watcher.hpp"

namespace trireme::detail {

namespace {

constexpr duration for_ever{-1};
/// Asio adds what it waits to its clock; the sum must stay within the clock's range.
constexpr duration longest_wait = std::chrono::hours(24);

}  // namespace

loop_state::loop_state(loop& owner, const loop_options& options)
    : self(owner),
      time(*options.clock),
      incoming(std::make_shared<inbox>(options.inbox_limit)),
      io(std::make_unique<reactor>()),
      read_buffer_(new char[read_buffer_size]) {}

loop_state::~loop_state() = default;

timer loop_state::add_timer(duration delay, bool repeats, callback work) {
  self.assert_current();
  const timer_queue::index which = timers.add(delay, repeats, std::move(work), self.context_);
  timers.arm(which, self.now_);
  ++references;
  return timer(self, which, timers[which].generation);
}

void loop_state::run_due_timers() {
  const std::uint64_t before = timers.sequence();
  const time_point now = self.now_;
  for (;;) {
    const timer_queue::index which = stopping ? timer_queue::none : timers.due(now, before);
    if (which == timer_queue::none) return;
    fire(which);
  }
}

void loop_state::fire(timer_queue::index which) {
  timer_queue::node& due = timers[which];
  const context_ptr context = due.context;
  callback work = std::move(due.work);
  if (!due.repeats) {
    forget(which);
    consume(context, work);
    return;
  }
  const std::uint32_t generation = due.generation;
  timers.disarm(which);
  enter(context, work);
  if (!timers.current(which, generation)) {  // cleared itself
    work.reset();
    return self.drain();
  }
  timers[which].work = std::move(work);
  if (timers[which].list != timer_queue::none) return;  // refreshed itself
  self.now_ = time.now();                               // from the end of the call
  timers.arm(which, self.now_);
}

void loop_state::forget(timer_queue::index which) noexcept {
  if (timers[which].referenced) --references;
  timers.erase(which);
}

void loop_state::run_queue(callback_queue& queue) {
  for (std::size_t left = queue.size(); left > 0 && !stopping; --left) {
    auto& slot = queue.front();
    consume(slot.context, slot.run);
    queue.pop();
  }
}

void loop_state::run_flushes() {
  list<flushable> now;
  now.splice(flushes);
  while (!now.empty()) {
    flushable& item = now.pop_front();
    enter({}, [&item] { item.flush(); });
  }
}

void loop_state::run_immediates() {
  running_immediates.swap(immediates);
  std::size_t next = 0;
  for (; next < running_immediates.size() && !stopping; ++next) {
    callback work = std::move(running_immediates[next].work);
    if (!work) continue;  // cleared
    --immediates_alive;
    const context_ptr context = std::move(running_immediates[next].context);
    consume(context, work);
  }
  const auto first_left = running_immediates.begin() + static_cast<std::ptrdiff_t>(next);
  immediates.insert(immediates.begin(), std::make_move_iterator(first_left),
                    std::make_move_iterator(running_immediates.end()));
  running_immediates.clear();
}

void loop_state::clear_immediate(std::uint64_t number) noexcept {
  for (auto* const batch : {&immediates, &running_immediates}) {
    // Numbers rise, so each batch is sorted.
    const auto found =
        std::lower_bound(batch->begin(), batch->end(), number,
                         [](const immediate_slot& slot, auto wanted) { return slot.number < wanted; });
    if (found == batch->end() || found->number != number || !found->work) continue;
    --immediates_alive;
    // They go last: what they hold may set immediates, and so move the batch.
    const callback work = std::move(found->work);
    const context_ptr context = std::move(found->context);
    return;
  }
}

void loop_state::report_rejections() {
  while (!rejections.empty() && !stopping) self.uncaught(rejections.pop_front().take_unhandled());
}

void loop_state::forget_everything() noexcept {
  const auto something_left = [this] {
    return !self.ticks_.empty() || !self.microtasks_.empty() || !pending.empty() || !closing.empty() ||
           immediates_alive > 0 || timers.used() > 0 || !kept.empty() || !rejections.empty();
  };
  do {  // what goes may queue more: a resolver that is destroyed rejects, say
    io->abandon();
    self.ticks_.clear();
    self.microtasks_.clear();
    pending.clear();
    closing.clear();
    immediates_alive = 0;
    std::vector<immediate_slot>().swap(immediates);
    timers.clear();
    while (!kept.empty()) kept.pop_front().drop();
    while (!rejections.empty()) static_cast<void>(rejections.pop_front().take_unhandled());
    uncaught_handler.reset();
    signals.reset();
  } while (something_left());
  incoming_watch.reset();
}

void loop_state::run_inbox() {
  for (std::size_t left = incoming->size(); left > 0 && !stopping; --left) {
    std::unique_ptr<job> arrived = incoming->pop();
    if (!arrived) return;
    enter({}, [&arrived] {
      const std::unique_ptr<job> goes_here = std::move(arrived);
      goes_here->run();
    });
  }
}

void loop_state::run_ready() {
  list<descriptor> now;
  now.splice(ready);
  while (!now.empty() && !stopping) now.pop_front().dispatch();
  now.splice(ready);
  ready.splice(now);
}

bool loop_state::something_waits() const noexcept {
  return stopping || immediates_alive > 0 || !pending.empty() || !closing.empty() || !ready.empty() ||
         !flushes.empty();
}

bool loop_state::something_arrived() const noexcept { return !ready.empty() || incoming->size() > 0; }

duration loop_state::time_to_wait() const noexcept {
  const auto deadline = timers.next_deadline();
  if (!deadline) return for_ever;
  return std::clamp(*deadline - self.now_, duration::zero(), longest_wait);
}

bool loop_state::poll_io(duration timeout) {
  const bool asleep = timeout != duration::zero() && incoming->about_to_sleep();
  bool ran = true;  // also where a handler throws
  guarded([&] {
    ran = io->poll(asleep ? timeout : duration::zero(), [this] {
      self.drain();
      return !stopping;
    });
  });
  self.drain();
  if (asleep) incoming->awake();
  return ran || something_arrived();
}

void loop_state::poll_phase(bool may_wait) {
  if (stopping) return;
  // The pending phase may have been the last thing that kept the loop alive: then nothing is left to wait
  // for.
  const bool waits = may_wait && !something_waits() && self.alive();
  if (waits && time.jumps()) {
    pass_virtual_time();
  } else {
    poll_io(waits ? time_to_wait() : duration::zero());
  }
  self.now_ = time.now();
  run_ready();
  run_inbox();
}

void loop_state::pass_virtual_time() {
  if (poll_io(duration::zero())) return;
  const auto deadline = timers.next_deadline();
  if (deadline && outside == 0) {
    time.advance_to(*deadline);
    return;
  }
  if (!poll_io(patience)) self.uncaught(error(errc::would_hang));
}

}  // namespace trireme::detail

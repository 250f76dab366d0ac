#include <trireme/core/detail/loop_state.hpp>

#include <algorithm>
#include <system_error>
#include <trireme/core/detail/inbox.hpp>

#include "inbox_watch.hpp"
#include "reactor.hpp"
#include "signal_watcher.hpp"

namespace trireme::detail {

namespace {

std::size_t or_never(std::size_t limit) noexcept { return limit == 0 ? ~std::size_t{0} : limit; }

/// Asio's errors of the system are none of `std::errc`.
std::unique_ptr<reactor> make_reactor() {
  try {
    return std::make_unique<reactor>();
  } catch (const std::system_error& refused) {
    throw error::from_errno(refused.code().value(), "epoll_create");
  }
}

}  // namespace

loop_state::loop_state(loop& owner, const loop_options& options)
    : self(owner),
      time(*options.clock),
      incoming(std::make_shared<inbox>(options.inbox_limit, owner.counters_.share("loop.inbox_full"))),
      io(make_reactor()),
      looking(options.polling),
      timer_clamp(options.timer_clamp),
      report_drain_after(or_never(options.report_drain_after)),
      yield_drain_after(or_never(options.yield_drain_after)),
      look_at_drain(std::min(report_drain_after, yield_drain_after)),
      read_buffer_(new char[read_buffer_size]) {}

loop_state::~loop_state() = default;

time_point loop_state::read_clock() noexcept {
  self.now_ = std::max(self.now_, time.now());
  self.now_is_fresh_ = true;
  return self.now_;
}

timer loop_state::add_timer(duration delay, bool repeats, callback work) {
  self.assert_current();
  delay = std::max(delay, timer_clamp);
  const timer_queue::index which = timers.add(delay, repeats, std::move(work), self.context_);
  timers.arm(which, delay == duration::zero() ? self.now() : read_clock());
  ++references;
  return timer(self, which, timers[which].generation);
}

void loop_state::fire_due_timers() {
  const std::uint64_t before = timers.sequence();
  const time_point now = read_clock();
  while (!stopping) {
    const timer_queue::index which = timers.due(now, before);
    if (which == timer_queue::none) return;
    fire(which);
  }
}

void loop_state::fire(timer_queue::index which) {
  timer_queue::node& due = timers[which];
  const std::uint32_t generation = due.generation;
  timers.disarm(which);
  const time_point begun = due.repeats ? read_clock() : time_point();
  due.called = true;
  self.context_ = due.context;
  guarded(due.work);
  timers.returned(which, generation);
  if (timers.current(which, generation)) go_on(which, begun);
  self.context_ = {};
  self.drain();
}

/// After its call a timeout is forgotten, unless it was refreshed there; an interval counts from the begin of
/// the call, refreshed there or not, as in Node.
void loop_state::go_on(timer_queue::index which, time_point begun) {
  const timer_queue::node& called = timers[which];
  if (called.repeats) {
    timers.disarm(which);
    timers.arm(which, begun);
  } else if (called.list == timer_queue::none) {
    forget(which);
  }
}

void loop_state::forget(timer_queue::index which) noexcept {
  if (timers[which].referenced) --references;
  timers.erase(which);
}

hook loop_state::add_hook(list<hook_state>& hooks, callback work) {
  self.assert_current();
  assert_callable(work);
  auto added = std::make_shared<hook_state>(self, std::move(work));
  hooks.push_back(*added);
  ++references;
  return hook(std::move(added));
}

void loop_state::call_hooks(list<hook_state>& hooks) {
  list<hook_state> now, done;
  now.splice(hooks);
  while (!now.empty() && !stopping) {
    auto called = now.pop_front().shared_from_this();  // it may clear itself
    done.push_back(*called);
    self.context_ = called->context;
    guarded(called->work);
    called.reset();  // what it holds may queue microtasks
    self.context_ = {};
    self.drain();
  }
  done.splice(now);
  done.splice(hooks);  // those made meanwhile
  hooks.splice(done);
}

void loop_state::call_phase_watcher(phase which) {
  const auto watcher = phase_watcher;
  enter({}, [&] { (*watcher)(which); });
}

void loop_state::call_queue(callback_queue& queue) {
  for (std::size_t left = queue.size(); left > 0 && !stopping; --left) {
    auto& slot = queue.front();
    consume(slot.context, slot.run);
    queue.pop();
  }
}

void loop_state::call_flushes() {
  list<flushable> now;
  now.splice(flushes);
  while (!now.empty()) {
    flushable& item = now.pop_front();
    enter({}, [&item] { item.flush(); });
  }
}

void loop_state::call_immediates() {
  immediate_queue& immediates = self.immediates_;
  immediates.begin_batch();
  while (!stopping) {
    immediate_queue::slot* const called = immediates.next();
    if (!called) break;
    consume(called->context, called->work);
  }
  immediates.end_batch();
}

void loop_state::forget_everything() noexcept {
  const auto something_left = [this] {
    return !self.ticks_.empty() || !self.microtasks_.empty() || !pending.empty() || !closing.empty() ||
           self.immediates_.alive() > 0 || timers.used() > 0 || !kept.empty() || !rejections.empty();
  };
  do {  // what goes may queue more: a resolver that is destroyed rejects, say
    io->abandon();
    self.ticks_.clear();
    self.microtasks_.clear();
    pending.clear();
    closing.clear();
    self.immediates_.clear();
    timers.clear();
    for (auto* const hooks : {&idle_hooks, &prepare_hooks, &check_hooks}) {
      while (!hooks->empty()) hooks->pop_front().owner = nullptr;
    }
    while (!kept.empty()) kept.pop_front().drop();
    while (!rejections.empty()) static_cast<void>(rejections.pop_front().take_unhandled());
    uncaught_handler.reset();
    starved_handler.reset();
    phase_watcher.reset();
    before_exit_handler.reset();
    signals.reset();
  } while (something_left());
  incoming_watch.reset();
}

void loop_state::dispatch_ready() {
  list<descriptor> now;
  now.splice(ready);
  while (!now.empty() && !stopping) now.pop_front().dispatch();
  now.splice(ready);
  ready.splice(now);
}

}  // namespace trireme::detail

#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/log.hpp>

namespace trireme::detail {

void loop_state::drain() {
  if (std::exchange(draining, true)) return;
  std::size_t ran = 0;
  do {
    if (!run_all(self.ticks_, ran) || !run_all(self.microtasks_, ran)) break;
    if (self.ticks_.empty() && self.microtasks_.empty()) report_rejections();
  } while (!stopping && !(self.ticks_.empty() && self.microtasks_.empty()));
  self.context_ = {};
  draining = false;
}

bool loop_state::run_all(callback_queue& queue, std::size_t& ran) {
  while (!queue.empty() && !stopping) {
    callback_queue::slot& next = queue.front();
    if (ran >= look_at_drain && !goes_on(next, ran)) return false;
    ++ran;
    self.context_ = next.context;
    guarded(next.run);
    queue.pop();
  }
  return true;
}

bool loop_state::goes_on(const callback_queue::slot& next, std::size_t ran) {
  if (ran == report_drain_after) report_starvation(next);
  return ran < yield_drain_after;
}

void loop_state::report_starvation(const callback_queue::slot& next) {
  self.counters_.get("loop.starved").add();
  std::string origin = next.run.describe();
  if (next.context && !next.context->trace().empty()) origin += " of " + next.context->trace();
  if (const auto handler = starved_handler) return guarded([&] { (*handler)(origin); });
  log(log_level::warning, "the loop's phases wait for " + std::to_string(report_drain_after) +
                              " ticks and microtasks in one go; the next is " + origin);
}

void loop_state::report_rejections() {
  while (!rejections.empty() && !stopping) self.uncaught(rejections.pop_front().take_unhandled());
}

}  // namespace trireme::detail

namespace trireme {

void loop::on_starved(unique_function<void(const std::string&)> handler) {
  assert_current();
  using kept = unique_function<void(const std::string&)>;
  state_->starved_handler = handler ? std::make_shared<kept>(std::move(handler)) : nullptr;
}

void loop::on_uncaught(unique_function<void(const error&)> handler) {
  assert_current();
  using kept = unique_function<void(const error&)>;
  state_->uncaught_handler = handler ? std::make_shared<kept>(std::move(handler)) : nullptr;
}

void loop::uncaught(const error& failure) {
  assert_current();
  if (const auto handler = state_->uncaught_handler) {
    try {
      return (*handler)(failure);
    } catch (...) {
      log(log_level::error, "on_uncaught threw: " + error::from(std::current_exception()).message());
    }
  } else {
    const std::string type = failure.type();
    log(log_level::error, "uncaught: " + (type.empty() ? type : type + ": ") + failure.message());
  }
  stop(1);
}

}  // namespace trireme

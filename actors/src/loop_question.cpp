#include <trireme/actors/detail/questions.hpp>

#include <algorithm>
#include <trireme/actors/detail/system_core.hpp>

namespace trireme::actors::detail {

loop_question::loop_question(const address& to, system_core& asker)
    : envelope(to),
      loop_(asker.owner()),
      late_(asker.count_of(dead_letter_reason::late)),
      home_(asker.inbox()),
      work_(asker.threaded() ? pending_work(loop_) : pending_work()) {}

void loop_question::start(duration at_most) {
  if (const context_ptr& current = loop_.current()) {
    if (const auto deadline = current->deadline()) at_most = std::min(at_most, *deadline - loop_.now());
    current->watch(*this);
  }
  if (at_most < duration::max()) deadline_ = loop_.set_timeout(at_most, [this] { give_up(errc::timed_out); });
}

void loop_question::refuse(std::unique_ptr<envelope> self, const error& why) noexcept {
  refused_ = true;
  keep(why);
  go_home(std::move(self));
}

void loop_question::go_home(std::unique_ptr<envelope> self) noexcept {
  std::unique_ptr<trireme::detail::job> work = std::move(self);
  // Where the loop has gone first, against the contract, what belongs to it cannot be destroyed here.
  if (home_->push_always(work) != posting::posted) static_cast<void>(work.release());
}

void loop_question::run() {
  if (settled_ && !refused_) late_.add();
  if (settled_) return;
  close();
  settle();
}

void loop_question::give_up(const error& why) {
  close();
  settle_soon(why);
}

void loop_question::close() noexcept {
  settled_ = true;
  unlink();
  deadline_.clear();
  work_ = pending_work();
}

}  // namespace trireme::actors::detail

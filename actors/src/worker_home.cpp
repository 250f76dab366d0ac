#include <trireme/actors/detail/worker_home.hpp>

#include <thread>
#include <utility>

namespace trireme::actors::detail {

std::unique_ptr<trireme::detail::job> worker_home::next() noexcept {
  notices_first_ = !notices_first_;
  auto found = notices_first_ ? notices_.pop() : mailbox_.pop();
  if (!found) found = notices_first_ ? mailbox_.pop() : notices_.pop();
  return found;
}

void worker_home::wait() noexcept {
  const auto nothing_waits = [this] {
    return mailbox_.size() == 0 && notices_.size() == 0 && !mailbox_.closed();
  };
  if (looking_.find([&] { return !nothing_waits(); })) return;
  if (bell_.about_to_sleep(nothing_waits)) bell_.wait();
}

std::size_t worker_home::end() noexcept {
  close();
  while (!kept_.empty()) kept_.pop_front().drop();
  const auto empty = [](trireme::detail::job_queue& queue) {
    std::size_t found = 0;
    while (queue.size() > 0) queue.pop() ? void(++found) : std::this_thread::yield();  // one is on its way in
    return found;
  };
  empty(notices_);
  return empty(mailbox_);
}

}  // namespace trireme::actors::detail

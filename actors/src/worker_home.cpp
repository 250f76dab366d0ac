#include <trireme/actors/detail/worker_home.hpp>

#include <thread>
#include <utility>

namespace trireme::actors::detail {

std::unique_ptr<trireme::detail::job> worker_home::next() noexcept {
  notices_first_ = !notices_first_;
  auto found = notices_first_ ? notices_.pop() : next_message();
  if (!found) found = notices_first_ ? next_message() : notices_.pop();
  return found;
}

std::unique_ptr<trireme::detail::job> worker_home::next_message() noexcept {
  if (read_ == fetched_) {
    read_ = 0;
    fetched_ = mailbox_.take(desk_.data(), desk_.size());
    if (fetched_ == 0) return nullptr;
  }
  mailbox_.release(1);
  return std::move(desk_[read_++]);
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
  std::size_t dropped = 0;
  while (notices_.size() + mailbox_.size() > 0) {
    notices_.pop();
    next_message() ? void(++dropped) : std::this_thread::yield();  // one is on its way in
  }
  return dropped;
}

}  // namespace trireme::actors::detail

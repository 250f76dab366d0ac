#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <trireme/actors/detail/home.hpp>
#include <trireme/core/detail/bell.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/spinner.hpp>

namespace trireme::actors::detail {

/// A worker's home: its mailbox, and beside it the notices of ports, which are control and never wait for
/// room. Apart from the worker, because whoever notifies it last may outlive that on any thread.
///
/// Thread: `post`, `notify` and `close` from any, the rest the worker's.
class worker_home final : public home {
public:
  worker_home(std::size_t mailbox_limit, polling how)
      : mailbox_(mailbox_limit, bell_), notices_(own_count, bell_), looking_(how) {}

  posting post(std::unique_ptr<trireme::detail::job>& message) { return mailbox_.push(message); }
  void notify(std::unique_ptr<trireme::detail::job> notice) noexcept override {
    static_cast<void>(notices_.push_always(notice));
  }
  /// Takes no more, and wakes the worker.
  void close() noexcept {
    notices_.close();
    mailbox_.close();
  }

  /// Messages and notices by turns, so that neither starves the other. Null where there is nothing.
  std::unique_ptr<trireme::detail::job> next() noexcept;
  void wait() noexcept;
  bool referenced() const noexcept { return references_ > 0; }
  /// Drops who still listens, and what still waits. Returns how many messages that were.
  std::size_t end() noexcept;

  bool is_here() const noexcept override { return at_home::current() == this; }
  loop* as_loop() const noexcept override { return nullptr; }
  void keep(trireme::detail::kept_work& listening) noexcept override { kept_.push_back(listening); }
  void ref() noexcept override { ++references_; }
  void unref() noexcept override { --references_; }

private:
  static constexpr std::size_t own_count = std::numeric_limits<std::size_t>::max() / 2;
  std::unique_ptr<trireme::detail::job> next_message() noexcept;

  trireme::detail::bell bell_;
  trireme::detail::job_queue mailbox_;
  trireme::detail::job_queue notices_;
  trireme::detail::spinner looking_;
  trireme::detail::list<trireme::detail::kept_work> kept_;
  std::size_t references_ = 0;
  bool notices_first_ = false;
  // Messages come out of the mailbox by the handful, and count as waiting until each is read.
  std::array<std::unique_ptr<trireme::detail::job>, 64> desk_;
  std::size_t fetched_ = 0;
  std::size_t read_ = 0;
};

}  // namespace trireme::actors::detail

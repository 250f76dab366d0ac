#pragma once
#include <atomic>
#include <map>
#include <trireme/core/detail/descriptor.hpp>
#include <trireme/core/detail/loop_state.hpp>

namespace trireme::detail {

/// While one lives, `number` goes to the loops; the last to go restores what the process did before.
///
/// Thread: any. Errors: throws `error` where the system refuses.
class signal_claim {
public:
  explicit signal_claim(int number);
  signal_claim(const signal_claim&) = delete;
  signal_claim& operator=(const signal_claim&) = delete;
  ~signal_claim();

private:
  const int number_;
};

/// A pipe that each claimed signal's number is written to.
///
/// Errors: throws `error` beyond 64 in the process, and where the system has no descriptors.
class signal_pipe {
public:
  signal_pipe();
  signal_pipe(const signal_pipe&) = delete;
  signal_pipe& operator=(const signal_pipe&) = delete;
  ~signal_pipe();
  /// To be taken, and closed, by who reads.
  int read_end() const noexcept { return read_end_; }

private:
  int read_end_ = -1;
  int write_end_ = -1;
  std::atomic<int>* place_ = nullptr;
};

/// Brings the process's signals to one loop: the handler writes the number into a pipe that the loop watches.
/// Asio's signal_set would do, but its wait counts as work and would keep the loop alive.
class signal_watcher final : public descriptor::handler {
public:
  explicit signal_watcher(loop& owner);
  ~signal_watcher();
  hook add(int number, callback work);

private:
  void on_readable() override;

  loop& loop_;
  signal_pipe pipe_;
  descriptor read_end_;
  std::map<int, list<hook_state>> hooks_;
};

}  // namespace trireme::detail

#pragma once
#include <map>
#include <memory>
#include <trireme/core/detail/descriptor.hpp>

namespace trireme::detail {

/// Brings the process's signals to one loop: the handler writes the number into a pipe that the loop watches.
/// Asio's signal_set would do, but its wait counts as work and would keep the loop alive.
class signal_watcher final : public descriptor::handler {
public:
  explicit signal_watcher(loop& owner);
  ~signal_watcher();
  void set(int number, callback work);

private:
  void on_readable() override;
  void restore(int number) noexcept;

  struct watched {
    callback work;
    context_ptr context;
  };

  loop& loop_;
  int write_end_ = -1;
  std::unique_ptr<descriptor> read_end_;
  std::map<int, std::shared_ptr<watched>> callbacks_;
};

}  // namespace trireme::detail

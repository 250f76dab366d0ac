#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <trireme/core/fs/options.hpp>
#include <trireme/core/result.hpp>

#include "fs_system.hpp"

namespace trireme::fs::detail {

/// An open descriptor, shared by the `file` and by what works on it. It closes when the last of them lets go,
/// or when told to.
///
/// Thread: any; `close` waits for those who use it.
class open_file {
public:
  open_file(calls::unique_descriptor fd, std::string path) noexcept
      : fd_(std::move(fd)), path_(std::move(path)) {}
  static result<std::shared_ptr<open_file>> open(const std::string& path, open_mode mode,
                                                 std::uint32_t permissions);

  int descriptor() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  result<void> close();

  void enter() noexcept { users_.fetch_add(1, std::memory_order_relaxed); }
  void leave() noexcept {
    users_.fetch_sub(1, std::memory_order_acq_rel);
    users_.notify_all();
  }

private:
  calls::unique_descriptor fd_;
  const std::string path_;
  std::atomic<int> users_{0};  // pairs with `close`, which waits for zero
};

/// Keeps the descriptor open while there is something to be done with it.
class use_of_file {
public:
  explicit use_of_file(std::shared_ptr<open_file> used) noexcept : used_(std::move(used)) { used_->enter(); }
  use_of_file(use_of_file&& other) noexcept = default;
  ~use_of_file() {
    if (used_) used_->leave();
  }
  int descriptor() const noexcept { return used_->descriptor(); }
  const std::string& path() const noexcept { return used_->path(); }

private:
  std::shared_ptr<open_file> used_;
};

}  // namespace trireme::fs::detail

#pragma once
#include <trireme/core/detail/descriptor.hpp>

namespace trireme::detail {

/// Wakes the poll phase when a thread has posted; the posts themselves are taken by `run_inbox`.
class inbox_watch final : public descriptor::handler {
public:
  inbox_watch(loop& owner, int wake);

private:
  void on_readable() override { descriptor_.forget_readable(); }
  descriptor descriptor_;
};

}  // namespace trireme::detail

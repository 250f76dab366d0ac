#include <trireme/actors/detail/worker_locals.hpp>

#include <utility>

namespace trireme::actors::detail {

namespace {

constinit thread_local current_worker* running_here = nullptr;

}  // namespace

current_worker* this_worker() noexcept { return running_here; }
current_worker* set_this_worker(current_worker* which) noexcept { return std::exchange(running_here, which); }

void worker_locals::keep(std::size_t number, void* object, void (*destroy)(void*) noexcept) {
  if (number >= instances_.size()) instances_.resize(number + 1);
  order_.push_back(number);
  instances_[number] = {object, destroy};
}

void worker_locals::clear() noexcept {
  while (!order_.empty()) {
    const instance gone = std::exchange(instances_[order_.back()], {});
    order_.pop_back();
    gone.destroy(gone.object);
  }
}

}  // namespace trireme::actors::detail

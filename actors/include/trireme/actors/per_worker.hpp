#pragma once
#include <functional>
#include <memory>
#include <trireme/actors/detail/worker_locals.hpp>
#include <trireme/actors/pool.hpp>
#include <trireme/core/assert.hpp>

namespace trireme::actors {

/// One instance of `T` for each worker of a pool, confined to its thread by construction: no lock, no
/// sharing. Made on that thread by the first job there that asks, destroyed on it when the worker ends: with
/// the pool, or when the pool shrinks.
///
/// Thread: made and destroyed on the loop; `local` in jobs of that pool only. The factory is called on the
/// workers, maybe by several at once. Copies name the same instances, and may travel into jobs. Lifetime: the
/// instances live until the pool's workers end, with or without this object. Errors: what the factory throws
/// leaves `local`; the next job tries again.
template <class T>
class per_worker {
public:
  explicit per_worker(
      pool& owner, std::function<T()> factory = [] { return T(); })
      : owner_(owner.core_),
        number_(owner.core_->next_local()),
        factory_(std::make_shared<const std::function<T()>>(std::move(factory))) {}

  /// This worker's instance. Outside a job of the pool it is a bug, and stops the program.
  T& local() const {
    detail::current_worker* const here = detail::this_worker();
    TRIREME_ASSERT(here && here->pool == owner_);
    if (void* const found = here->locals->find(number_)) return *static_cast<T*>(found);
    auto made = std::unique_ptr<T>(new T((*factory_)()));
    here->locals->keep(number_, made.get(), [](void* object) noexcept { delete static_cast<T*>(object); });
    return *made.release();
  }

private:
  const detail::pool_core* owner_;
  std::size_t number_;
  std::shared_ptr<const std::function<T()>> factory_;
};

}  // namespace trireme::actors

#include <trireme/core/dns.hpp>

#include <mutex>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <unordered_map>

namespace trireme::dns {

namespace {

class cache_of_loop;

/// Which loop has which cache. Never destroyed: loops may be static.
struct registry {
  std::mutex mutex;  // taken once for each look-up, never while one runs
  std::unordered_map<const loop*, cache_of_loop*> caches;
  static registry& shared() {
    static registry& instance = *new registry();
    return instance;
  }
};

/// Lives as long as its loop.
class cache_of_loop final : public trireme::detail::kept_work {
public:
  explicit cache_of_loop(loop& owner) : loop_(owner), cache_(owner) {
    owner.internals().kept.push_back(*this);
  }
  lookup_cache& cache() noexcept { return cache_; }
  void drop() noexcept override {
    {
      registry& all = registry::shared();
      const std::lock_guard lock(all.mutex);
      all.caches.erase(&loop_);
    }
    delete this;
  }

private:
  loop& loop_;
  lookup_cache cache_;
};

lookup_cache& cache_for(loop& owner) {
  registry& all = registry::shared();
  const std::lock_guard lock(all.mutex);
  cache_of_loop*& its = all.caches[&owner];
  if (!its) its = new cache_of_loop(owner);
  return its->cache();
}

}  // namespace

promise<std::vector<address>> lookup(loop& owner, std::string host, lookup_options options) {
  return cache_for(owner).lookup(std::move(host), options);
}
void lookup(loop& owner, std::string host, lookup_options options, callback_of<std::vector<address>> done) {
  cache_for(owner).lookup(std::move(host), options, std::move(done));
}

}  // namespace trireme::dns

#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <trireme/actors/pool.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/proto/arena_shelf.hpp>
#include <trireme/proto/server_call.hpp>
#include <trireme/proto/service.hpp>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace trireme::proto {
namespace detail {

struct worker_group;

/// One method that the dispatcher knows.
struct method_entry {
  method_entry(const method_descriptor& described, std::size_t number) noexcept
      : method(&described), index(number) {}
  const method_descriptor* method;
  std::size_t index;
  service* handler = nullptr;           // LOOP
  std::shared_ptr<worker_group> group;  // INLINE, POOL
  std::uint32_t under_way = 0;
};

}  // namespace detail

/// Limits of a dispatcher.
struct dispatcher_options {
  dispatcher_options() {}
  /// Calls under way at once, all methods together. One more is answered `resource_exhausted`.
  std::size_t max_calls = 10'000;
  /// Messages of one call that its service has not read.
  std::size_t max_unread = 64;
  /// Messages of one call that its service has written and its client does not take.
  std::size_t max_unsent = 64;
  /// The same for a method on a worker, which then waits.
  std::size_t worker_unsent = 16;
};

/// The services of a server, and the calls under way. Knows no transport: a binding opens calls on it. It
/// enforces what the .proto says of a method, the same way for every dialect: placement, queue limit and
/// timeout.
///
/// Thread: the loop's.
/// Lifetime: loop and pool outlive it. Destroying it ends all calls with `unavailable` and drops their tasks;
/// it must not be destroyed by one of them. Errors: every failure of a call is the call's status. Exceptions
/// that leave a service are logged; see `status::from` for what of them the client is told. Limits:
/// `dispatcher_options`; each limit reached is counted as "proto.max_calls", "proto.queue_limit",
/// "proto.max_unread", "proto.max_unsent".
class dispatcher {
public:
  using bound_to_a_loop = void;
  dispatcher(loop& owner, actors::pool& workers, dispatcher_options options = {});
  dispatcher(const dispatcher&) = delete;
  dispatcher& operator=(const dispatcher&) = delete;
  ~dispatcher();

  /// Serves the LOOP methods of a service. Throws `error` where they are served already.
  void add(std::shared_ptr<service> handler);
  /// Serves the INLINE and POOL methods of a service by instances of `W`, made with copies of `arguments`: at
  /// once on the loop for INLINE methods, and on each worker before its first call. Throws as `add`.
  template <class W, class... Arguments>
  void add_worker(Arguments... arguments) {
    add_workers([made_with = std::make_tuple(std::move(arguments)...)]() -> std::unique_ptr<worker> {
      return std::apply([](const auto&... each) { return std::make_unique<W>(each...); }, made_with);
    });
  }

  /// Begins a call. Never fails: what is wrong is told by `message_channel::finish`, which this may call at
  /// once.
  call_ptr open(message_channel& channel, call_open open);
  /// The method of that path, "/pkg.Service/Method"; null where no service has it.
  const method_descriptor* find(std::string_view path) const noexcept;
  /// In the order added.
  const std::vector<const service_descriptor*>& services() const noexcept { return services_; }

  /// Calls under way: open, or with work that has not ended.
  std::size_t active() const noexcept { return active_; }
  /// New calls are answered `unavailable` from now on; those under way go on.
  void close() noexcept { closed_ = true; }
  /// Settles once no call is under way.
  promise<void> drained();
  /// Stops every call; each ends with what `status::from` makes of the reason.
  void stop_all(const error& reason = errc::closed);

  loop& owner() const noexcept { return loop_; }
  const dispatcher_options& options() const noexcept { return options_; }

private:
  friend class server_call;

  void add_workers(std::function<std::unique_ptr<worker>()> factory);
  detail::method_entry& entry_of(const service_descriptor& described, std::size_t index);
  void introduce(const service_descriptor& described);
  void entered(server_call& call) noexcept;
  void left() noexcept;

  loop& loop_;
  actors::pool& pool_;
  const dispatcher_options options_;
  arena_shelf arenas_;  // of the unary calls of POOL methods
  std::vector<std::shared_ptr<service>> handlers_;
  std::vector<const service_descriptor*> services_;
  std::unordered_map<std::string_view, std::unique_ptr<detail::method_entry>> methods_;
  trireme::detail::list<server_call::node> calls_;
  std::size_t active_ = 0;
  bool closed_ = false;
  std::vector<resolver<void>> drained_;
};

}  // namespace trireme::proto

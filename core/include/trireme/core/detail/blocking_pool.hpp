#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/blocking_call.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme::detail {

struct blocking_pool_options {
  blocking_pool_options() {}
  /// 0 means what the environment variable TRIREME_BLOCKING_THREADS says, 1 to 1024, else 4: Node's
  /// UV_THREADPOOL_SIZE.
  std::size_t threads = 0;
  /// How much work may wait for a thread; beyond it `errc::full`, counted as "blocking_pool.full".
  std::size_t queue_limit = 10'000;
  /// Threads are called name/0, name/1, ...
  std::string name = "blocking";
  /// How long the destructor waits for threads that are stuck in a system call, before it leaves them behind.
  duration patience = std::chrono::seconds(2);
};

/// Threads for calls that block: files and name look-ups. Apart from `actors::pool`, so that neither starves
/// the other. Threads start when there is work for them, never more than there was work at once, and stay.
///
/// Thread: `run` on the loop of its completion; any number of loops may share one. Lifetime: a loop may end
/// with work under way, and so may the pool: what it has queued is done first. Errors: `errc::full` and
/// `errc::closed`, with the operation "blocking_pool". Order: work starts in the order in which one loop gave
/// it; each answer is a callback of its own in the poll phase. Work under way keeps the loop alive, and a
/// virtual clock still, but for what is slow.
class blocking_pool {
public:
  explicit blocking_pool(blocking_pool_options options = {});
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;
  ~blocking_pool();

  /// The one of the process, made at the first call. It closes when the process exits; a child after `fork`
  /// has none of its threads.
  static blocking_pool& shared();

  /// Calls `work`, which returns a `result`, on a thread of the pool, and brings `done` what it returned. A
  /// stop of the context that is current answers at once with its reason; work not yet begun is then not
  /// done.
  template <class T, class Work>
  void run(completion<T> done, Work work) {
    start(*new typed_blocking_call<T, Work>(std::move(done), std::move(work)), kind::quick);
  }
  /// The same for what waits for another machine: half of the threads, rounded up, do such work at a time,
  /// whoever asks, so that the others are left for files; as many more as the queue takes wait. It does not
  /// keep the loop alive: the caller holds a `pending_work` for as long as somebody waits for the answer.
  /// Source: libuv's UV__WORK_SLOW_IO, https://github.com/libuv/libuv/blob/v1.x/src/threadpool.c
  template <class T, class Work>
  void run_slow(completion<T> done, Work work) {
    start(*new typed_blocking_call<T, Work>(std::move(done), std::move(work)), kind::slow);
  }
  /// Destroys `errand` on a thread of the pool; here where it is full or closed. For what blocks as it goes.
  template <class Errand>
  void destroy_elsewhere(Errand errand);

  /// Takes no more; threads end when they have done what is queued.
  void close() noexcept;
  /// How many have started.
  std::size_t threads() const noexcept;
  /// Work that waits or runs; what has been done counts no more when its answer arrives.
  std::size_t outstanding() const noexcept;

private:
  enum class kind : bool { quick, slow };
  struct shared_state;
  explicit blocking_pool(std::shared_ptr<shared_state> state) noexcept : state_(std::move(state)) {}
  static void work(shared_state& state) noexcept;
  static void perform(shared_state& state, std::unique_ptr<job> task) noexcept;
  void start(blocking_call& call, kind how);
  posting submit(std::unique_ptr<job>& task);
  posting submit_slow(std::unique_ptr<job>& task);
  void grow(std::size_t wanted);

  std::shared_ptr<shared_state> state_;  // by the threads too, for those that are left behind
};

template <class T>
struct destroyed_elsewhere final : blocking_task {
  explicit destroyed_elsewhere(T what) : goes_(std::move(what)) {}
  void run() override {}
  bool execute() noexcept override {
    goes_.reset();
    return false;
  }
  void go_home(std::unique_ptr<job>&) noexcept override {}
  std::optional<T> goes_;
};

template <class Errand>
void blocking_pool::destroy_elsewhere(Errand errand) {
  std::unique_ptr<job> task = std::make_unique<destroyed_elsewhere<Errand>>(std::move(errand));
  static_cast<void>(submit(task));
}

}  // namespace trireme::detail

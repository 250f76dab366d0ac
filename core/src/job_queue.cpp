#include <concurrentqueue.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/error.hpp>

namespace trireme::detail {

struct job_queue::storage {
  moodycamel::ConcurrentQueue<job*> jobs;
};

namespace {

int make_semaphore() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
  if (fd < 0) throw error::from_errno(errno, "eventfd");
  return fd;
}

}  // namespace

job_queue::job_queue(std::size_t limit)
    : storage_(std::make_unique<storage>()), limit_(limit), wake_(make_semaphore()) {}

job_queue::~job_queue() {
  close();
  while (size() > 0) {
    if (!pop()) std::this_thread::yield();
  }
  ::close(wake_);
}

posting job_queue::push(std::unique_ptr<job>& work) {
  // The place is taken before the job is there: the limit is exact, and `close` knows of pushes under way.
  if (count_.fetch_add(1) >= limit_) {
    count_.fetch_sub(1);
    return closed() ? posting::closed : posting::full;
  }
  return enqueue(work);
}

posting job_queue::push_always(std::unique_ptr<job>& work) {
  count_.fetch_add(1);
  return enqueue(work);
}

posting job_queue::enqueue(std::unique_ptr<job>& work) {
  if (closed_.load()) {
    count_.fetch_sub(1);
    return posting::closed;
  }
  storage_->jobs.enqueue(work.get());
  work.release();
  wake_one();
  return posting::posted;
}

std::unique_ptr<job> job_queue::pop() noexcept {
  if (size() == 0) return nullptr;
  job* taken = nullptr;
  if (!storage_->jobs.try_dequeue(taken)) return nullptr;
  count_.fetch_sub(1);
  return std::unique_ptr<job>(taken);
}

std::size_t job_queue::size() const noexcept { return count_.load(); }

void job_queue::close() noexcept {
  closed_.store(true);
  while (sleepers_.load() > 0) wake_one();
}

bool job_queue::withdraw() noexcept {
  std::size_t asleep = sleepers_.load();
  while (asleep > 0) {
    if (sleepers_.compare_exchange_weak(asleep, asleep - 1)) return true;
  }
  return false;
}

void job_queue::wake_one() noexcept {
  if (!withdraw()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

bool job_queue::about_to_sleep() noexcept {
  sleepers_.fetch_add(1);
  if (count_.load() == 0 && !closed_.load()) return true;
  awake();
  return false;
}

void job_queue::awake() noexcept {
  // Where another has withdrawn us already, its token stays: a spurious wake-up later, never a lost one.
  withdraw();
}

void job_queue::wait() noexcept {
  if (!about_to_sleep()) return;
  std::uint64_t token;
  while (::read(wake_, &token, sizeof token) < 0 && errno == EINTR) {
  }
}

}  // namespace trireme::detail

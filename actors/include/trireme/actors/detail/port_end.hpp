#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <trireme/actors/detail/carried.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/job_queue.hpp>
#include <trireme/core/posting.hpp>

namespace trireme::actors::detail {

struct notice;

/// One direction of a channel: what waits for the port at its end, and the notice that wakes who listens
/// there. The two ports, and the senders, share it.
///
/// Who listens leaves a notice here once there is nothing left to read. Whoever then posts takes it and sends
/// it home: one for any number of messages. Taking and leaving are exchanges of one atomic, so that of a post
/// and of a listener that finds nothing the second sees the first.
///
/// Thread: `post` and `close` from any; the rest from the port's owner, one thread at a time.
class port_end {
public:
  using queue = trireme::detail::job_queue;
  using message = std::unique_ptr<trireme::detail::job>;

  /// `full` may be null.
  port_end(std::size_t limit, std::shared_ptr<counter> full);
  port_end(const port_end&) = delete;
  port_end& operator=(const port_end&) = delete;

  /// First in, first out for each thread, and for each `known` producer.
  template <class T>
  posting post(T& content, queue::producer* known) {
    return post_or_give_back(content, std::make_unique<carried<T>>(std::move(content)),
                             [&](message& made) { return push(made, known); });
  }
  /// Takes no more. What waits may still be read; then who listens is told.
  void close() noexcept;
  bool closed() const noexcept { return queue_.closed(); }

  /// Null where there is nothing, or not yet: then a notice that is left here will be sent.
  message pop() noexcept { return queue_.pop(); }
  std::size_t waiting() const noexcept { return queue_.size(); }
  /// Whether it is closed, and all has been read.
  bool over() const noexcept { return closed() && waiting() == 0; }
  /// Destroys what waits, once it is closed.
  void discard() noexcept;

  void leave(std::unique_ptr<notice> wakes) noexcept;
  /// The notice that lies here; null where there is none, or it is on its way.
  std::unique_ptr<notice> take_back() noexcept;
  /// Sends the notice that lies here.
  void wake() noexcept;

  queue& items() noexcept { return queue_; }

private:
  posting push(message& made, queue::producer* known);

  queue queue_;
  const std::shared_ptr<counter> full_;
  std::atomic<notice*> left_{nullptr};
};

/// That counts refusals for the loop that it is made on, if any.
std::shared_ptr<port_end> make_port_end(std::size_t limit);

}  // namespace trireme::actors::detail

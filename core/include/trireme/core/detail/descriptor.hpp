#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/loop.hpp>

namespace trireme::detail {

class watch;

/// An owned, non-blocking descriptor that the loop watches for as long as it lives: registered once,
/// edge-triggered below, level-triggered above. `on_readable` comes again, next turn, until a read has taken
/// everything.
///
/// Thread: the loop's. Lifetime: the loop outlives it; its handler may destroy it from within a call.
class descriptor : public list_node {
public:
  using bound_to_a_loop = void;
  class handler {
  public:
    virtual void on_readable() = 0;
    virtual void on_writable() {}

  protected:
    ~handler() = default;
  };

  /// Takes `fd`, which must be open. Throws `error` where the kernel refuses to watch it: files and
  /// directories, for one, which are always ready.
  descriptor(loop& owner, int fd, handler& target);
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor();

  int fd() const noexcept { return fd_; }
  /// Ends the watch and gives the open descriptor away; every other call is over.
  int release() noexcept;
  loop& owner() const noexcept { return loop_; }

  /// Bytes read, 0 at the end of the stream, or -errno (-EAGAIN where there is nothing).
  std::ptrdiff_t read(char* into, std::size_t size) noexcept;
  /// Bytes taken, or -errno. -EAGAIN and a short write arm one `on_writable`.
  std::ptrdiff_t write(const char* from, std::size_t size) noexcept;
  std::ptrdiff_t write(const iovec* parts, int count) noexcept;
  /// For listening sockets: a new non-blocking descriptor, or -errno.
  int accept() noexcept;

  /// While paused `on_readable` does not come; costs no system call.
  void pause_reading() noexcept { paused_ = true; }
  void resume_reading() noexcept;
  /// Takes it that nothing is left to read, for descriptors that are never read.
  void forget_readable() noexcept { readable_ = false; }
  /// Whether it keeps the loop alive; it does at first.
  void ref() noexcept;
  void unref() noexcept;

private:
  friend class watch;
  friend struct loop_state;

  void mark_ready(bool readable, bool writable) noexcept;
  void await_writable() noexcept;
  void queue() noexcept;
  void dispatch();

  loop& loop_;
  handler& handler_;
  watch* watch_;               // what Asio knows of us; ends itself once closed
  bool* destroyed_ = nullptr;  // set while dispatching
  int fd_;
  bool readable_ = false;
  bool writable_ = false;
  bool awaits_writable_ = false;
  bool paused_ = false;
  bool referenced_ = true;
  bool failed_ = false;         // reset, or hung up on both sides: reading goes on until it says so
  bool tells_pending_ = false;  // the kernel reports what is left after each read (TCP_INQ)
};

}  // namespace trireme::detail

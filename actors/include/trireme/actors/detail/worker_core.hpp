#pragma once
#include <memory>
#include <stop_token>
#include <string>
#include <trireme/actors/detail/handler_slot.hpp>
#include <trireme/actors/detail/loop_hold.hpp>
#include <trireme/actors/detail/worker_home.hpp>
#include <trireme/actors/worker_host.hpp>
#include <trireme/actors/worker_options.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/place_count.hpp>
#include <trireme/core/loop.hpp>
#include <vector>

namespace trireme::actors::detail {

/// The part of a worker that does not know its message types. Shared by the handle and by what is under way.
class worker_core : public worker_body, public std::enable_shared_from_this<worker_core> {
public:
  worker_core(loop& owner, const worker_options& options);
  worker_core(const worker_core&) = delete;
  worker_core& operator=(const worker_core&) = delete;
  virtual ~worker_core() = default;

  // Any thread.
  const std::string& name() const noexcept { return name_; }
  const std::stop_source& stop() const noexcept { return stop_; }
  posting post_to_worker(std::unique_ptr<trireme::detail::job>& message) const;
  posting post_to_loop(std::unique_ptr<trireme::detail::job>& message) const;

  // The loop's thread.
  loop& owner() const noexcept { return loop_; }
  void start(worker_host* host);
  void terminate() noexcept;
  void exited(completion<int> done);  // soon where it has exited
  void detach() noexcept;
  void ref();
  void unref() noexcept { hold_ = loop_hold(); }
  bool running() const noexcept { return run_ != nullptr; }
  void on_error(unique_function<void(const error&)> handler) { on_error_.set(loop_, std::move(handler)); }
  void on_exit(unique_function<void(int)> handler) { on_exit_.set(loop_, std::move(handler)); }

  // The worker's thread.
  void close(int exit_code) noexcept;
  void begin() final;
  bool step() final;
  void wait() noexcept final { home_->wait(); }
  bool finished() const noexcept final { return ended_ || stop_.stop_requested(); }
  void end() noexcept final;

protected:
  virtual void set_up() = 0;              // worker: runs the body
  virtual bool listens() const = 0;       // worker: whether a message has somewhere to go
  virtual void tear_down() noexcept = 0;  // worker: destroys body and handler, where their state was used
  virtual bool reads() const = 0;         // loop: whether there is a handler
  virtual std::size_t held() const = 0;   // loop: how many wait for it
  bool attached() const noexcept { return attached_; }
  void one_was_read() const noexcept { unread_.give_back(); }

private:
  struct failed_job;
  struct exited_job;
  template <class Work>
  void work_here(Work&& work) noexcept;
  bool must_wait() const;
  void failed(const error& failure);
  void has_exited(int exit_code);

  // Constant after construction.
  loop& loop_;
  const std::string name_;
  const std::shared_ptr<trireme::detail::inbox> inbox_;
  counter& full_;
  counter& dropped_;

  // Any thread.
  const std::shared_ptr<worker_home> home_;
  mutable trireme::detail::place_count unread_;  // messages to the loop
  std::stop_source stop_;

  // The worker's thread; the loop's once it has exited.
  error failure_;
  int exit_code_ = 1;
  bool ended_ = false;

  // The loop's thread.
  loop_handler<const error&> on_error_;
  loop_handler<int> on_exit_;
  std::vector<completion<int>> exits_;
  loop_hold hold_;
  bool holds_clock_ = true;
  bool attached_ = true;
  bool failure_waits_ = false;
  std::unique_ptr<worker_run> run_;
};

}  // namespace trireme::actors::detail

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <trireme/actors/worker_host.hpp>

namespace trireme::actors {

namespace {

void drive(worker_body& body) noexcept {
  if (!body.finished()) body.begin();
  while (!body.finished()) {
    if (!body.step()) body.wait();
  }
  body.end();
}

/// Threads inherit the mask: signals are the loop's business, and must not interrupt a worker.
class all_signals_blocked {
public:
  all_signals_blocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  all_signals_blocked(const all_signals_blocked&) = delete;
  all_signals_blocked& operator=(const all_signals_blocked&) = delete;
  ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_;
};

class threaded_run final : public worker_run {
public:
  threaded_run(const std::string& name, worker_body& body) {
    const all_signals_blocked guard;
    thread_ = std::thread([name = name.substr(0, 15), &body] {
      ::pthread_setname_np(::pthread_self(), name.c_str());
      drive(body);
    });
  }
  ~threaded_run() override { thread_.join(); }

private:
  std::thread thread_;
};

class threads final : public worker_host {
public:
  std::unique_ptr<worker_run> start(const std::string& name, worker_body& body) override {
    return std::make_unique<threaded_run>(name, body);
  }
  bool may_block() const noexcept override { return true; }
};

}  // namespace

worker_host& thread_host() noexcept {
  static threads shared;
  return shared;
}

}  // namespace trireme::actors

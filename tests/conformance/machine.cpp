#include "machine.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <trireme/core/detail/descriptor.hpp>

namespace conformance {

namespace {

trireme::duration milliseconds(double count) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(count * 1e6)));
}

}  // namespace

/// A socket with one byte to read, as sockets.cjs has pipes.
class machine::readable final : public trireme::detail::descriptor::handler {
public:
  readable(machine& owner, const operations& body) : owner_(owner), body_(body) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    other_end_ = ends[1];
    watched_ = std::make_unique<trireme::detail::descriptor>(owner.loop_, ends[0], *this);
    if (::send(other_end_, "x", 1, 0) != 1) std::abort();
  }
  ~readable() { ::close(other_end_); }

private:
  void on_readable() override {
    char byte;
    if (watched_->read(&byte, 1) != 1) return;  // it is called until a read finds nothing
    watched_->unref();
    owner_.run(body_);
  }
  machine& owner_;
  const operations& body_;
  int other_end_;
  std::unique_ptr<trireme::detail::descriptor> watched_;
};

machine::machine(trireme::loop& owner, trireme::testing::virtual_clock& time, const program& done)
    : loop_(owner), time_(time), program_(done) {}
machine::~machine() = default;

std::string machine::run() {
  if (program_.has_uncaught) {
    loop_.on_uncaught([this](const trireme::error& failure) { run(program_.uncaught, failure.message()); });
  }
  loop_.on_before_exit([this] {
    if (exits_ < program_.before_exit.size()) run(program_.before_exit[exits_++]);
  });
  const int exit_code = run_script() ? loop_.run() : 1;
  if (program_.alone) events_.push_back("exit " + std::to_string(exit_code));
  std::string joined;
  for (const std::string& event : events_) joined += (joined.empty() ? "" : ", ") + event;
  return joined;
}

/// A script is a callback like any other: an error that leaves it is uncaught. False where that ends it.
bool machine::run_script() {
  try {
    run(program_.steps);
    return true;
  } catch (...) {
    loop_.uncaught(trireme::error::from(std::current_exception()));
    return program_.has_uncaught;
  }
}

void machine::run(const operations& steps, const text& value) {
  for (const operation& one : steps) step(one, value);
}

void machine::step(const operation& one, const text& value) {
  if (one.kind == "log") return log(one.target, value);
  if (one.kind == "busy") return time_.advance(milliseconds(one.number));
  if (one.kind == "exit") return loop_.stop(static_cast<int>(one.number));
  if (one.kind == "throw") {
    text reason = one.target;
    if (const auto at = reason.find('$'); at != text::npos) reason.replace(at, 1, value);
    throw trireme::error::with_text(trireme::errc::failed, reason);
  }
  if (step_on_loop(one) || step_on_handle(one) || step_on_promise(one, value)) return;
  throw std::runtime_error(program_.name + ": no such operation: " + one.kind);
}

void machine::log(const std::string& what, const text& value) {
  std::string event = what;
  if (const auto at = event.find('$'); at != std::string::npos) event.replace(at, 1, value);
  events_.push_back(std::move(event));
}

trireme::callback machine::doing(const operations& body) {
  return [this, &body] { run(body); };
}

bool machine::step_on_loop(const operation& one) {
  if (one.kind == "timeout") {
    timers_[one.as] = loop_.set_timeout(milliseconds(one.number), doing(one.body));
  } else if (one.kind == "interval") {
    set_interval(one);
  } else if (one.kind == "immediate") {
    immediates_[one.as] = loop_.set_immediate(doing(one.body));
  } else if (one.kind == "tick") {
    loop_.next_tick(doing(one.body));
  } else if (one.kind == "microtask") {
    loop_.queue_microtask(doing(one.body));
  } else if (one.kind == "io") {
    readables_.push_back(std::make_unique<readable>(*this, one.body));
  } else if (one.kind == "post" || one.kind == "file") {
    if (loop_.post(doing(one.body)) != trireme::posting::posted) std::abort();
  } else if (one.kind == "close") {
    loop_.defer_close(doing(one.body));
  } else {
    return false;
  }
  return true;
}

void machine::set_interval(const operation& one) {
  const auto left = std::make_shared<int>(one.times);
  const auto self = std::make_shared<trireme::timer>();
  *self = loop_.set_interval(milliseconds(one.number), [this, &one, left, self] {
    if (--*left == 0) self->clear();
    run(one.body);
  });
  timers_[one.as] = *self;
}

bool machine::step_on_handle(const operation& one) {
  if (one.kind == "clear") {
    clear(one.target);
  } else if (one.kind == "refresh") {
    timers_[one.target].refresh();
  } else if (one.kind == "ref" || one.kind == "unref") {
    set_referenced(one.target, one.kind == "ref");
  } else {
    return false;
  }
  return true;
}

void machine::clear(const std::string& which) {
  if (const auto found = timers_.find(which); found != timers_.end()) found->second.clear();
  if (const auto found = immediates_.find(which); found != immediates_.end()) {
    loop_.clear_immediate(found->second);
  }
}

void machine::set_referenced(const std::string& which, bool referenced) {
  const auto refer = [referenced](auto& handle) { referenced ? handle.ref() : handle.unref(); };
  if (const auto found = timers_.find(which); found != timers_.end()) refer(found->second);
  if (const auto found = immediates_.find(which); found != immediates_.end()) refer(found->second);
}

}  // namespace conformance

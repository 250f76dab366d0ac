#pragma once
#include <algorithm>
#include <string>
#include <trireme/core/readable.hpp>
#include <trireme/core/transform.hpp>
#include <trireme/core/writable.hpp>

namespace trireme::testing {

inline shared_bytes bytes(std::string text) { return shared_bytes(std::move(text)); }

/// Counts what it has given, and how often it is destroyed.
class counting_source : public readable {
public:
  counting_source(loop& owner, std::size_t total, std::size_t chunk)
      : readable(owner), left_(total), chunk_(std::string(chunk, 's')) {}
  std::size_t given = 0;
  int destroyed_times = 0;

protected:
  void on_read() override {
    if (left_ == 0) return push_end();
    const std::size_t size = std::min(left_, chunk_.size());
    left_ -= size;
    given += size;
    push(chunk_.slice(0, size));
  }
  void on_destroy(const error&) override { ++destroyed_times; }

private:
  std::size_t left_;
  shared_bytes chunk_;
};

/// Takes a while for each chunk, and notes how much had left the source by then.
class slow_sink : public writable {
public:
  slow_sink(loop& owner, std::size_t mark, duration takes)
      : writable(owner, stream_options(mark)), takes_(takes) {}
  ~slow_sink() override { timer_.clear(); }
  std::size_t taken = 0;
  std::size_t most_held = 0;
  int destroyed_times = 0;
  bool saw_end = false;
  const std::size_t* given = nullptr;

protected:
  void on_write(shared_bytes chunk) override {
    note();
    timer_ = owner().set_timeout(takes_, [this, size = chunk.size()] {
      note();
      taken += size;
      done();
    });
  }
  void on_end() override {
    saw_end = true;
    done();
  }
  void on_destroy(const error&) override {
    ++destroyed_times;
    timer_.clear();
  }

private:
  void note() {
    if (given) most_held = std::max(most_held, *given - taken);
  }
  duration takes_;
  timer timer_;
};

class splitter final : public transform {
public:
  int destroyed_times = 0;
  bool failed = false;

private:
  void on_chunk(shared_bytes chunk) override {
    for (std::size_t at = 0; at < chunk.size(); ++at) push(chunk.slice(at, 1));
    done();
  }
  void on_end() override {
    push(bytes("!"));
    done();
  }
  void on_destroy(const error& reason) override {
    ++destroyed_times;
    failed = static_cast<bool>(reason);
  }
};

}  // namespace trireme::testing

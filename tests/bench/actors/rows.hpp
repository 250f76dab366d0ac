#pragma once
#include <malloc.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "harness.hpp"

/// The rows, written once for all contestants in C++ that have a loop and something beside it:
///
/// - `Home`: the loop, on the first CPU. `run()` turns it until `stop()` is called.
/// - `Far<T, Done>(home, done)`: another thread, on the second CPU, asleep where it has nothing to do.
/// `send(T)`
///   hands it a value, `work` is done on it there, and `done(T)` is called at home with what came back.
namespace bench {

constexpr std::size_t outstanding = 1000;
constexpr std::size_t crowd = 4;
constexpr std::size_t megabyte = 1 << 20;

/// What the other thread does: something that shows that it was there.
inline int work(int value) { return value + 1; }
inline std::string work(std::string value) {
  ++value.front();
  return value;
}

template <class T>
T first_of() {
  if constexpr (std::is_same_v<T, int>) {
    return 0;
  } else {
    return T(megabyte, 'a');
  }
}

/// Whether `work` was done on it once since `first_of`.
inline bool worked(int value) { return value == 1; }
inline bool worked(const std::string& value) { return value.size() == megabyte && value.front() == 'b'; }

/// Makes it what `first_of` gave, for another round.
inline void undo(int& value) { value = 0; }
inline void undo(std::string& value) { value.front() = 'a'; }

/// What the heap holds now beyond what it held when this was made.
class heap_growth {
public:
  double bytes() const { return held() - before_; }

private:
  static double held() {
    const struct mallinfo2 now = mallinfo2();
    return static_cast<double>(now.uordblks) + static_cast<double>(now.hblkhd);
  }
  double before_ = held();
};

/// One value there and back, again and again. What comes back is what goes out next.
template <class Home, template <class, class> class Far, class T = int>
class round_trips {
public:
  double operator()(std::size_t count) {
    left_ = count;
    T value = first_of<T>();
    const stopwatch watch;
    laps.start();
    far_.send(std::move(value));
    home_.run();
    const double seconds = watch.seconds();
    expect(left_ == 0, "every round trip");
    return seconds;
  }
  lap_times laps;

private:
  struct back {
    void operator()(T value) const { self->came_back(std::move(value)); }
    round_trips* self;
  };
  void came_back(T value) {
    laps.lap();
    expect(worked(value), "the work of a round trip");
    if (--left_ == 0) return home_.stop();
    undo(value);
    far_.send(std::move(value));
  }

  std::size_t left_ = 0;
  Home home_;
  Far<T, back> far_{home_, back{this}};
};

/// A thousand on their way at any time: each that comes back sends the next.
template <class Home, template <class, class> class Far>
class many_outstanding {
public:
  double operator()(std::size_t count) {
    to_send_ = count;
    left_ = count;
    sum_ = 0;
    const stopwatch watch;
    for (std::size_t each = 0; each < outstanding && to_send_ > 0; ++each) send();
    home_.run();
    const double seconds = watch.seconds();
    expect(sum_ == count, "every answer");
    return seconds;
  }

private:
  struct back {
    void operator()(int value) const { self->came_back(value); }
    many_outstanding* self;
  };
  void send() {
    --to_send_;
    far_.send(0);
  }
  void came_back(int value) {
    sum_ += static_cast<std::size_t>(value);
    if (to_send_ > 0) send();
    if (--left_ == 0) home_.stop();
  }

  std::size_t to_send_ = 0;
  std::size_t left_ = 0;
  std::size_t sum_ = 0;
  Home home_;
  Far<int, back> far_{home_, back{this}};
};

/// One value to each of four threads; the next four once all are back.
template <class Home, template <class, class> class Far>
class fan_out {
public:
  fan_out() {
    for (std::size_t each = 0; each < crowd; ++each) {
      far_.push_back(std::make_unique<Far<int, back>>(home_, back{this}));
    }
  }
  double operator()(std::size_t count) {
    left_ = count;
    const stopwatch watch;
    laps.start();
    send();
    home_.run();
    const double seconds = watch.seconds();
    expect(left_ == 0, "every fan-out");
    return seconds;
  }
  lap_times laps;

private:
  struct back {
    void operator()(int value) const { self->came_back(value); }
    fan_out* self;
  };
  void send() {
    away_ = crowd;
    for (const auto& each : far_) each->send(0);
  }
  void came_back(int value) {
    expect(worked(value), "the work of a fan-out");
    if (--away_ > 0) return;
    laps.lap();
    if (--left_ == 0) return home_.stop();
    send();
  }

  std::size_t left_ = 0;
  std::size_t away_ = 0;
  Home home_;
  std::vector<std::unique_ptr<Far<int, back>>> far_;
};

}  // namespace bench

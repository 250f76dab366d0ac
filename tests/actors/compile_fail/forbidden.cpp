#include <trireme/actors/worker.hpp>

struct index_of_this_thread {
  int number;
};
template <>
inline constexpr bool trireme::enable_sendable<index_of_this_thread> = false;

void sample(trireme::loop& loop) {
  trireme::actors::worker<index_of_this_thread, int> subject(
      loop, [](trireme::actors::worker_port<int, index_of_this_thread>&) {});
}

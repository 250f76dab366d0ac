#include <coroutine>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers, std::coroutine_handle<> given) {
  workers.run([](std::coroutine_handle<>) {}, std::move(given)).detach();
}

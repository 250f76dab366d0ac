#include <functional>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers, int& shared) {
  workers.run([](int& value) { return ++value; }, std::ref(shared)).detach();
}

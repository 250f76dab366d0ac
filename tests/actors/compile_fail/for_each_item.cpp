#include <trireme/actors/pool.hpp>
#include <vector>

void sample(trireme::actors::pool& workers, std::vector<int*> places) {
  workers.for_each(std::move(places), [](int* place) { ++*place; }).detach();
}

#include <trireme/actors/pool.hpp>
#include <vector>

int& place_of(int value);

void sample(trireme::actors::pool& workers) { workers.map(std::vector<int>{1, 2}, place_of).detach(); }

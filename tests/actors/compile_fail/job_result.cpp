#include <string>
#include <trireme/actors/pool.hpp>

std::string& shared();

void sample(trireme::actors::pool& workers) { workers.run(shared).detach(); }

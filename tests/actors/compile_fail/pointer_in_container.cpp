#include <map>
#include <string>
#include <trireme/actors/worker.hpp>
#include <vector>

using by_name = std::map<std::string, std::vector<int*>>;

void sample(trireme::loop& loop) {
  trireme::actors::worker<by_name, int> subject(loop, [](trireme::actors::worker_port<int, by_name>&) {});
}

#include <string>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers) {
  workers.run([](std::string& text) { return text.size(); }, std::string("each argument is moved in"))
      .detach();
}

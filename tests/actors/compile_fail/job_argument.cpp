#include <string>
#include <trireme/actors/pool.hpp>

void sample(trireme::actors::pool& workers) {
  workers.run([](const std::string& text) { return text.size(); }, "a literal is a pointer").detach();
}

#include <string_view>
#include <trireme/actors/sender.hpp>

trireme::posting sample(const trireme::actors::sender<std::string_view>& to) {
  return to.post_message("literal");
}

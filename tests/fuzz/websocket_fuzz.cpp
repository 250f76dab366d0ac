// WebSocket: a connection's worth of bytes gives the same messages, control frames and error in one piece and
// in many. The first byte of the input chooses the role and the limits.

#include <trireme/transport/websocket/parser.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "splitter.hpp"

namespace {

using namespace trireme::transport::websocket;

class session {
public:
  session(role self, std::uint32_t whole) : limits_(5000, whole), parser_(self, limits_) {}

  void receive(std::string_view bytes) {
    kept_ += bytes;
    while (step()) {
    }
  }

  const std::string& log() const { return log_; }

private:
  bool step() {
    const std::unique_ptr<char[]> exact(new char[kept_.size() + 1]);  // ASan sees a read past the end of it
    kept_.copy(exact.get(), kept_.size());
    const event found = parser_.next({exact.get(), kept_.size()});
    if (found.consumed > kept_.size()) std::abort();
    const bool goes_on = note(found);
    kept_.erase(0, found.consumed);
    return goes_on;
  }

  bool note(const event& found) {
    switch (found.kind) {
      case event_kind::need_more:
        if (found.need <= kept_.size() - found.consumed) std::abort();
        return false;
      case event_kind::data:
        return note_data(found);
      case event_kind::ping:
        log_.append("[ping ").append(found.text()).append("]");
        return true;
      case event_kind::pong:
        log_.append("[pong ").append(found.text()).append("]");
        return true;
      case event_kind::close:
        log_.append("[close ").append(std::to_string(int(found.code))).append(found.text()).append("]");
        return true;
      case event_kind::error:
        if (!broken_) log_ += "[error " + std::to_string(int(found.error)) + ']';
        broken_ = true;
        return false;
    }
    std::abort();
  }

  bool note_data(const event& found) {
    if (found.begins != !open_) std::abort();
    open_ = !found.ends;
    message_ += found.text();
    if (message_.size() > limits_.max_message) std::abort();
    if (!found.ends) return true;
    if (found.type == opcode::text && !is_utf8(message_)) std::abort();
    log_.append(found.type == opcode::text ? "[text " : "[binary ").append(message_).append("]");
    message_.clear();
    return true;
  }

  const frame_limits limits_;
  parser parser_;
  std::string kept_;
  std::string message_;
  std::string log_;
  bool open_ = false;
  bool broken_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const role self = (data[0] & 1) != 0 ? role::client : role::server;
  const std::uint32_t wait = (data[0] & 2) != 0 ? 0 : 64;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  session whole(self, wait);
  whole.receive(input);
  session split(self, wait);
  for (trireme::fuzz::splitter pieces(input); !pieces.done();) split.receive(pieces.next());
  if (whole.log() == split.log()) return 0;
  std::fprintf(stderr, "whole: %s\nsplit: %s\n", whole.log().c_str(), split.log().c_str());
  std::abort();
}

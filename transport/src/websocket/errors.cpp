#include <trireme/transport/websocket/errors.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace trireme::transport::websocket {
namespace {

struct meaning {
  close_code code;
  const char* text;
};

constexpr std::array meanings{
    meaning{close_code::none, "no error"},
    meaning{close_code::protocol_error, "reserved bits are set"},
    meaning{close_code::protocol_error, "reserved opcode"},
    meaning{close_code::protocol_error, "fragmented control frame"},
    meaning{close_code::protocol_error, "control frame longer than 125 bytes"},
    meaning{close_code::protocol_error, "continuation without a message"},
    meaning{close_code::protocol_error, "new message inside a fragmented one"},
    meaning{close_code::protocol_error, "frame from a client is not masked"},
    meaning{close_code::protocol_error, "frame from a server is masked"},
    meaning{close_code::protocol_error, "length is not encoded in the shortest way"},
    meaning{close_code::protocol_error, "length above 2^63"},
    meaning{close_code::protocol_error, "close frame with one byte of payload"},
    meaning{close_code::protocol_error, "close code that must not be sent"},
    meaning{close_code::invalid_payload, "text is not UTF-8"},
    meaning{close_code::message_too_big, "message too big"},
};
static_assert(meanings.size() == static_cast<std::size_t>(websocket_error::message_too_big) + 1);

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "trireme.websocket"; }
  std::string message(int value) const override {
    const auto index = static_cast<std::size_t>(value);
    return index < meanings.size() ? meanings[index].text : "unknown WebSocket error";
  }
};

}  // namespace

bool may_be_sent(std::uint16_t code) noexcept {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

const std::error_category& websocket_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(websocket_error error) noexcept {
  return {static_cast<int>(error), websocket_category()};
}

close_code close_code_of(websocket_error error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return index < meanings.size() ? meanings[index].code : close_code::internal_error;
}

}  // namespace trireme::transport::websocket

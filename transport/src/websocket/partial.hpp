#pragma once
#include <cstddef>
#include <string>
#include <trireme/transport/websocket/connection.hpp>

#include "message_buffer.hpp"

namespace trireme::transport::websocket {

/// What a connection holds between two reads.
struct connection::partial {
  std::string begun;  // the start of a frame that is not parsed before it has come as far as `need`
  std::size_t need = 0;
  message_buffer message;  // the pieces of one message so far
  std::string reason;      // once parted, the peer's
};

}  // namespace trireme::transport::websocket

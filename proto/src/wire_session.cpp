#include <trireme/proto/wire_session.hpp>

#include "wire_session_state.hpp"

namespace trireme::proto {

wire_session::wire_session(message_socket& socket, dispatcher& services, const wire_session_options& options,
                           std::string peer)
    : state_(std::make_shared<wire::session_state>(socket, services, options, std::move(peer))) {
  state_->start();
}

wire_session::~wire_session() { on_closed(); }

// Each holds the state: what a service does in a call may destroy the session.

void wire_session::on_message(std::string_view bytes, bool text) {
  const auto state = state_;
  state->receive(bytes, text);
}

void wire_session::on_drained() {
  const auto state = state_;
  state->drained();
}

void wire_session::on_closed() {
  const auto state = state_;
  state->closed();
}

void wire_session::drain(duration patience) {
  const auto state = state_;
  state->drain(patience);
}

std::size_t wire_session::calls() const noexcept { return state_->calls(); }

}  // namespace trireme::proto

#pragma once
#include <memory>
#include <string>
#include <trireme/transport/http1/chunked.hpp>
#include <trireme/transport/http1/response_writer.hpp>
#include <trireme/transport/http1/server.hpp>

namespace trireme::transport::http1 {

/// One client: reads a request, has it answered, reads the next.
class connection final : public tcp::stream::protocol, public timed {
public:
  connection(server& owner, int fd);
  ~connection();

  void set_id(handle id) noexcept { id_ = id; }
  handle id() const noexcept { return id_; }
  /// Whether request `number` still waits for its response, or for the rest of it.
  bool answering(std::uint32_t number) const noexcept {
    return state_ == state::answering && number == number_ && !gone_;
  }
  bool begun() const noexcept { return chunked_ || until_close_; }
  bool idle() const noexcept { return state_ == state::reading && pending_.empty(); }

  void send(int status, std::string_view content_type, std::string_view body,
            std::span<const header> headers);
  void start(int status, std::string_view content_type, std::span<const header> headers);
  bool write(std::string_view piece);
  void end();
  void on_drained(unique_function<void()> work) { waits().drained = std::move(work); }
  void on_aborted(unique_function<void()> work) { waits().aborted = std::move(work); }

  /// Answers with `status` and closes, unless a response is under way: then it is cut off.
  void time_out();
  /// Closes now, or with the response that is under way.
  void finish();
  void cut();
  /// The peer has had its time to hang up: cuts it off, unless it still takes what we send.
  void linger_out();

private:
  enum class state : std::uint8_t { reading, body, answering, leaving };
  struct incoming_body {
    std::string head;  // the bytes of the head, parsed again once the body is there
    std::string data;
    std::uint64_t length = 0;
    chunked_decoder decoder;
    bool chunked = false;
  };
  struct handlers {
    unique_function<void()> drained;
    unique_function<void()> aborted;
  };

  void on_data(std::span<char> bytes) override;
  void on_end() override;
  void on_drained() override;
  void on_failed(const error& reason) override;

  std::size_t consume(std::string_view bytes);
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  bool take_chunks(std::string_view bytes, std::size_t& consumed);
  void begin_body(std::string_view head_bytes);
  void handle_request(std::string_view body);
  void upgrade(websocket::endpoint& target, std::string_view rest);
  void keep(std::string_view rest);
  void balance_reading();
  bool choked();
  void reject(http_error why);
  void refuse(const request_head* head, http_error why);
  void write_head(const response_head& head);
  response_head head_for(int status, std::string_view content_type, std::span<const header> headers) const;
  void write_chunk(std::string_view piece);
  void answered();
  void read_on();
  void leave();
  void gone();
  void abort();
  handlers& waits();

  server& server_;
  std::unique_ptr<tcp::stream> stream_;
  std::string pending_;    // received, not yet consumed
  std::size_t spent_ = 0;  // of pending_, at its front: not worth a move yet
  std::unique_ptr<incoming_body> body_;
  std::unique_ptr<handlers> handlers_;
  handle id_;
  std::uint32_t number_ = 0;
  std::uint32_t seen_ =
      0;  // bytes an incomplete head was parsed from already; leaving: what waited last time
  state state_ = state::reading;
  bool consuming_ = false;
  bool keep_alive_ = true;
  bool old_version_ = false;
  bool head_only_ = false;
  bool chunked_ = false;
  bool until_close_ = false;
  bool bodiless_ = false;
  bool peer_done_ = false;
  bool gone_ = false;
  connection_option option_ = connection_option::none;
};

}  // namespace trireme::transport::http1

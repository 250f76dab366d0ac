#include <trireme/transport/http1/server.hpp>

#include <unistd.h>

#include <ctime>
#include <memory>

#include "connection.hpp"

namespace trireme::transport::http1 {

namespace {

constexpr duration sweep_period = std::chrono::milliseconds(500);

std::string_view name_of(request_method method) noexcept {
  constexpr std::string_view names[] = {"GET",   "HEAD",    "POST",    "PUT",  "DELETE",
                                        "PATCH", "OPTIONS", "CONNECT", "TRACE"};
  const auto index = static_cast<std::size_t>(method);
  return index < std::size(names) ? names[index] : "";
}

}  // namespace

server::server(loop& owner, server_options options)
    : loop_(owner),
      options_(std::move(options)),
      streams_(owner, options_.max_buffered),
      over_max_(owner.counters().get("http1.over_max_connections")),
      timed_out_(owner.counters().get("http1.timed_out")),
      heads_(options_.head_timeout),
      bodies_(options_.request_timeout),
      idle_(options_.keep_alive_timeout),
      lingering_(options_.linger_timeout),
      sweeper_(owner.set_interval(sweep_period, [this] { sweep(); })) {
  sweeper_.unref();
}

server::~server() {
  sweeper_.clear();
  patience_.clear();
  self_.reset();
  connections_.clear();
}

void server::route(request_method method, std::string path, request_handler handler) {
  routes_[std::move(path)].methods.emplace_back(method, std::move(handler));
}

void server::upgrade(std::string path, websocket::endpoint& endpoint) {
  if (path.empty()) {
    any_path_endpoint_ = &endpoint;
  } else {
    routes_[std::move(path)].endpoint = &endpoint;
  }
}

void server::listen(const std::string& host, std::uint16_t port) {
  listeners_.push_back(std::make_unique<tcp::listener>(
      loop_, host, port, [this](int fd) { accept(fd); }, options_.listener));
}

void server::accept(int fd) {
  if (connections_.size() >= options_.max_connections) return turn_away(fd);
  auto made = std::make_unique<connection>(*this, fd);
  connection& added = *made;
  added.set_id(connections_.add(std::move(made)));
}

void server::turn_away(int fd) {
  struct closing {
    int fd;
    ~closing() { ::close(fd); }
  } const closes{fd};
  over_max_.add();
  if (dropped_) dropped_(tcp::endpoints_of(fd));
}

void server::dispatch(const request& from, response to) {
  const auto found = routes_.find(from.path());
  if (found != routes_.end()) return dispatch_to(found->second, from, to);
  if (fallback_) return fallback_(from, to);
  to.send(404, "Not found\n");
}

void server::dispatch_to(path_routes& found, const request& from, response to) {
  const request_method wanted = from.method() == request_method::head ? request_method::get : from.method();
  std::string allowed;
  for (auto& [method, handler] : found.methods) {
    if (method == wanted || method == from.method()) return handler(from, to);
    allowed.append(allowed.empty() ? "" : ", ").append(name_of(method));
  }
  if (found.methods.empty()) {
    const header upgrade[] = {{"Upgrade", "websocket"}, {"Connection", "upgrade"}};
    to.send(426, "text/plain; charset=utf-8", "This address speaks WebSocket\n", upgrade);
    return;
  }
  const header allow{"Allow", allowed};
  to.send(405, "text/plain; charset=utf-8", "Method not allowed\n", {&allow, 1});
}

websocket::endpoint* server::endpoint_for(const request_head& head) {
  const auto found = routes_.find(head.path);
  if (found != routes_.end() && found->second.endpoint) return found->second.endpoint;
  return any_path_endpoint_;
}

void server::sweep() {
  const time_point now = loop_.now();
  const auto time_out = [this](timed& each) {
    timed_out_.add();
    static_cast<connection&>(each).time_out();
  };
  heads_.expire(now, time_out);
  bodies_.expire(now, time_out);
  idle_.expire(now, [](timed& each) { static_cast<connection&>(each).time_out(); });
  lingering_.expire(now, [](timed& each) { static_cast<connection&>(each).linger_out(); });
}

void server::remove(connection& gone) {
  // In the close phase, as in Node: whoever is on the stack may still use the connection.
  loop_.defer_close([self = std::weak_ptr(self_), id = gone.id()] {
    const auto owner = self.lock();
    if (!owner) return;
    const std::unique_ptr<connection> removed = owner->connections_.remove(id);
    owner->check_drained();
  });
}

promise<void> server::drain(duration patience) {
  auto [done, settle] = make_promise<void>(loop_);
  drained_ = std::move(settle);
  draining_ = true;
  listeners_.clear();
  connections_.for_each([](connection& each) { each.finish(); });
  patience_ = loop_.set_timeout(patience, [this] { cut_all(); });
  check_drained();
  return std::move(done);
}

void server::check_drained() {
  if (!draining_ || connections_.size() > 0 || !drained_) return;
  patience_.clear();
  drained_.resolve();
}

void server::cut_all() {
  connections_.for_each([](connection& each) { each.cut(); });
}

std::string_view server::date() {
  const time_point now = loop_.now();
  if (date_.empty() || now - date_read_ >= std::chrono::seconds(1)) {
    const std::time_t wall = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&wall, &parts);
    char text[32];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    date_read_ = now;
  }
  return date_;
}

// The response handle.

bool response::open() const noexcept {
  connection* const found = server_->connections_.find(connection_);
  return found && found->answering(number_);
}

bool response::send(int status, std::string_view content_type, std::string_view body,
                    std::span<const header> headers) {
  connection* const found = server_->connections_.find(connection_);
  if (!found || !found->answering(number_) || found->begun()) return false;
  found->send(status, content_type, body, headers);
  return true;
}

bool response::start(int status, std::string_view content_type, std::span<const header> headers) {
  connection* const found = server_->connections_.find(connection_);
  if (!found || !found->answering(number_) || found->begun()) return false;
  found->start(status, content_type, headers);
  return true;
}

bool response::write(std::string_view piece) {
  connection* const found = server_->connections_.find(connection_);
  return found && found->answering(number_) && found->begun() && found->write(piece);
}

bool response::end() {
  connection* const found = server_->connections_.find(connection_);
  if (!found || !found->answering(number_) || !found->begun()) return false;
  found->end();
  return true;
}

void response::on_drained(unique_function<void()> work) {
  if (open()) server_->connections_.find(connection_)->on_drained(std::move(work));
}

void response::on_aborted(unique_function<void()> work) {
  if (open()) server_->connections_.find(connection_)->on_aborted(std::move(work));
}

}  // namespace trireme::transport::http1

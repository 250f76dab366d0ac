#include "chat/chat_service.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "chat/rules.hpp"

namespace trireme::services::chat {

using namespace trireme::chat::v1;
using proto::status;

namespace {

constexpr std::uint32_t usual_history = 50;
constexpr std::uint32_t longest_history = 200;

std::uint32_t history_wanted(std::uint32_t asked) {
  return asked == 0 ? usual_history : std::min(asked, longest_history);
}

/// Writes what a room tells message by message, behind what waits already. A followed topic would overtake
/// that.
class in_order final : public proto::topic_follower {
public:
  explicit in_order(proto::async_writer<Event>& out) noexcept : out_(out) {}

  void write(const Event& event) {
    if (waiting()) written().detach();
    last_ = out_.write(event);
  }
  void on_publish(proto::publication& published) override {
    write(static_cast<const Event&>(published.message()));
  }
  bool waiting() const noexcept { return last_.has_value(); }
  /// Settles when the latest message is on its way; false where the call is over.
  promise<bool> written() { return *std::exchange(last_, std::nullopt); }

private:
  proto::async_writer<Event>& out_;
  std::optional<promise<bool>> last_;
};

status shutting_down() { return {proto::code::unavailable, "the server is shutting down"}; }

status nobody(std::uint64_t member) {
  return {proto::code::not_found,
          "member: nobody with the id " + std::to_string(member) + " is in this room"};
}

}  // namespace

task<status> chat_service::Join(const JoinRequest& request, proto::async_writer<Event>& out,
                                proto::call_context& call) {
  if (status wrong = check_join(request); !wrong) co_return wrong;
  const std::shared_ptr<room> entered = open_room(request.room());
  Member self;
  self.set_id(next_member_++);
  self.set_name(request.name());
  promise<void> left = entered->enter(self);
  // However the call ends, the member leaves.
  struct departure {
    ~departure() { chat.leave(from, member); }
    chat_service& chat;
    room& from;
    std::uint64_t member;
  } const leaves{*this, *entered, self.id()};
  out.until_stopped().then([this, entered, id = self.id()] { leave(*entered, id); }).detach();

  const std::vector<Said> said = co_await history_.read(request.room(), 0, history_wanted(request.history()));
  // The history's answers and what it makes us publish come in one order: nothing is missed between the two.
  bool there = true;
  {
    in_order beginning(out);
    entered->events().follow(beginning);
    beginning.write(welcome(*entered, self, said));
    while (there && beginning.waiting()) there = co_await beginning.written();
  }
  out.follow(entered->events());
  if (there) co_await std::move(left);
  if (closed_) co_return shutting_down();
  co_return call.stopped() ? status(proto::code::canceled, "left") : status();
}

task<status> chat_service::Say(const SayRequest& request, SayReply& reply, proto::call_context&) {
  if (status wrong = check_room(request.room()); !wrong) co_return wrong;
  if (status wrong = check_text(request.text()); !wrong) co_return wrong;
  const std::shared_ptr<room> where = find_room(request.room());
  const Member* const who = where ? where->find(request.member()) : nullptr;
  if (!who) co_return nobody(request.member());
  const Said said = co_await history_.append(request.room(), who->name(), request.text());
  where->publish(said);
  reply.set_id(said.id());
  co_return status();
}

task<status> chat_service::Leave(const LeaveRequest& request, LeaveReply&, proto::call_context&) {
  if (status wrong = check_room(request.room()); !wrong) co_return wrong;
  const std::shared_ptr<room> where = find_room(request.room());
  if (!where || !where->find(request.member())) co_return nobody(request.member());
  leave(*where, request.member());
  co_return status();
}

task<status> chat_service::Who(const WhoRequest& request, WhoReply& reply, proto::call_context&) {
  if (status wrong = check_room(request.room()); !wrong) co_return wrong;
  if (const std::shared_ptr<room> where = find_room(request.room())) {
    where->for_each([&reply](const Member& who) { *reply.add_members() = who; });
  }
  co_return status();
}

task<status> chat_service::History(const HistoryRequest& request, HistoryReply& reply, proto::call_context&) {
  if (status wrong = check_room(request.room()); !wrong) co_return wrong;
  const std::vector<Said> said =
      co_await history_.read(request.room(), request.before(), history_wanted(request.count()));
  for (const Said& each : said) *reply.add_messages() = each;
  co_return status();
}

void chat_service::close() {
  closed_ = true;
  const auto rooms = std::move(rooms_);
  rooms_.clear();
  for (const auto& [name, open] : rooms) open->close();
}

status chat_service::check_join(const JoinRequest& request) {
  if (status wrong = check_room(request.room()); !wrong) return wrong;
  if (status wrong = check_name(request.name()); !wrong) return wrong;
  if (closed_) return shutting_down();
  const std::shared_ptr<room> there = find_room(request.room());
  if (!there && rooms_.size() >= options_.max_rooms)
    return {proto::code::resource_exhausted, "too many rooms"};
  if (there && there->size() >= options_.max_members)
    return {proto::code::resource_exhausted, "the room is full"};
  return {};
}

std::shared_ptr<room> chat_service::open_room(const std::string& name) {
  std::shared_ptr<room>& found = rooms_[name];
  if (!found) found = std::make_shared<room>(loop_, name);
  return found;
}

std::shared_ptr<room> chat_service::find_room(const std::string& name) const {
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second;
}

void chat_service::leave(room& from, std::uint64_t member) {
  if (!from.leave(member) || !from.empty()) return;
  const auto found = rooms_.find(from.name());
  if (found != rooms_.end() && found->second.get() == &from) rooms_.erase(found);
}

Event chat_service::welcome(const room& entered, const Member& self, const std::vector<Said>& said) const {
  Event event;
  Welcome& welcome = *event.mutable_welcome();
  *welcome.mutable_self() = self;
  entered.for_each([&welcome](const Member& who) { *welcome.add_members() = who; });
  for (const Said& each : said) *welcome.add_history() = each;
  return event;
}

}  // namespace trireme::services::chat

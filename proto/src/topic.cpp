#include <atomic>
#include <trireme/proto/codec.hpp>
#include <trireme/proto/topic.hpp>

namespace trireme::proto {
namespace {

using detail::topic_node;

std::uint32_t next_id() noexcept {
  static std::atomic<std::uint32_t> last{0};  // several loops may have topics; orders nothing
  std::uint32_t id = 0;
  while (id == 0) id = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return id;
}

topic_node& after(trireme::detail::list_node& node) noexcept { return static_cast<topic_node&>(*node.next); }

}  // namespace

const shared_bytes& publication::bytes(encoding format) {
  auto& kept = bytes_[static_cast<std::size_t>(format)];
  if (!kept) {
    std::string encoded;
    encode(format, message_, encoded);
    kept.emplace(std::move(encoded));
  }
  return *kept;
}

topic_base::topic_base(loop& owner) noexcept : loop_(owner), id_(next_id()) {}

topic_base::~topic_base() {
  while (followers_.linked()) {
    topic_node& first = after(followers_);
    first.unlink();
    if (first.is_follower) static_cast<topic_follower&>(first).on_topic_end();
  }
}

std::size_t topic_base::size() const noexcept {
  std::size_t count = 0;
  for (const auto* each = followers_.next; each != &followers_; each = each->next) {
    if (static_cast<const topic_node*>(each)->is_follower) ++count;
  }
  return count;
}

void topic_base::publish_message(const google::protobuf::Message& message) {
  loop_.assert_current();
  publication published(id_, message);
  topic_node here(false);
  topic_node last(false);
  last.insert_before(followers_);
  here.insert_before(*followers_.next);
  while (here.linked() && here.next != &last) {  // not linked: the topic was destroyed
    topic_node& next = after(here);
    here.insert_before(*next.next);
    if (next.is_follower) static_cast<topic_follower&>(next).on_publish(published);
  }
}

}  // namespace trireme::proto

#include <trireme/proto/arena_shelf.hpp>
#include <utility>

namespace trireme::proto {
namespace detail {
namespace {

google::protobuf::ArenaOptions beginning_with(std::array<char, 4096>& block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  return options;
}

}  // namespace

arena_box::arena_box() : arena(beginning_with(first_block)) {}

shelf_state::shelf_state(loop& owner, std::size_t most)
    : home(owner.remote()), limit(most), full(owner.counters().get("proto.arena_shelf.full")) {}

void shelf_state::take_back(std::unique_ptr<arena_box> box) noexcept {
  --lent;
  if (!open) return;
  if (waiting == limit) return full.add();
  box->arena.Reset();  // here: the arena's first block is for the thread that resets it
  box->next = std::move(first);
  first = std::move(box);
  ++waiting;
}

void send_home::operator()(arena_box* lent) const noexcept {
  std::unique_ptr<arena_box> box(lent);
  const std::shared_ptr<shelf_state> shelf = std::move(box->home);
  if (box->home_thread == std::this_thread::get_id()) return shelf->take_back(std::move(box));
  unique_function<void()> arrive = [shelf, box = std::move(box)]() mutable {
    shelf->take_back(std::move(box));
  };
  if (shelf->home.post(arrive) != posting::posted) --shelf->lent;
}

}  // namespace detail

arena_shelf::arena_shelf(loop& owner, std::size_t limit)
    : owner_(owner), state_(std::make_shared<detail::shelf_state>(owner, limit)) {}

arena_shelf::~arena_shelf() {
  state_->open = false;
  while (state_->first) state_->first = std::move(state_->first->next);
}

detail::lent_box arena_shelf::lend() {
  owner_.assert_current();
  std::unique_ptr<detail::arena_box> box = std::move(state_->first);
  if (box) {
    state_->first = std::move(box->next);
    --state_->waiting;
  } else {
    box = std::make_unique<detail::arena_box>();
  }
  ++state_->lent;
  box->home = state_;
  box->home_thread = std::this_thread::get_id();
  return detail::lent_box(box.release());
}

}  // namespace trireme::proto

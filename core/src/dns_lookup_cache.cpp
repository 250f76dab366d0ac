#include <trireme/core/dns/lookup_cache.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/blocking_pool.hpp>
#include <trireme/core/detail/timer_queue.hpp>
#include <trireme/core/pending_work.hpp>
#include <unordered_map>
#include <utility>

namespace trireme::dns {

namespace {

using addresses = std::vector<address>;
using answer = result<addresses>;

/// As a name server takes it; a longer one is none.
constexpr std::size_t longest_name = 253;

bool can_be_a_name(const std::string& host) noexcept {
  return !host.empty() && host.size() <= longest_name && host.find('\0') == std::string::npos;
}

/// Names are the same in upper and lower case.
std::string key_of(const std::string& host, family wanted) {
  std::string key = host;
  for (char& each : key) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  return key + '\0' + static_cast<char>('0' + static_cast<int>(wanted));
}

void settle(completion<addresses>& done, const answer& found, std::uint16_t port) {
  if (!found) return done.reject(found.error());
  addresses with_port = *found;
  for (address& each : with_port) each = each.with_port(port);
  done.resolve(std::move(with_port));
}

void settle_soon(completion<addresses> done, answer found, std::uint16_t port = 0) {
  loop& owner = done.owner();
  owner.next_tick(
      [done = std::move(done), found = std::move(found), port]() mutable { settle(done, found, port); });
}

}  // namespace

class lookup_cache::state : public std::enable_shared_from_this<state> {
public:
  state(loop& owner, lookup_cache_options options)
      : loop_(owner),
        options_(std::move(options)),
        find_(std::make_shared<const lookup_function>(options_.find ? std::move(options_.find)
                                                                    : lookup_function(system_lookup))),
        asked_(owner.counters().get("dns.asked")),
        kept_(owner.counters().get("dns.kept")),
        joined_(owner.counters().get("dns.joined")),
        full_(owner.counters().get("dns.full")) {}

  loop& owner() const noexcept { return loop_; }
  std::size_t size() const noexcept { return names_.size(); }
  void clear() noexcept {
    names_.clear();
    recent_.clear();
  }
  void lookup(const std::string& host, lookup_options options, completion<addresses> done);
  void cancel_all();

private:
  struct question;
  struct waiter final : stop_watch {
    waiter(state& owner, question& asked, completion<addresses> given, std::uint16_t wanted_port)
        : cache(owner), question_asked(asked), done(std::move(given)), port(wanted_port) {}
    void on_stop(const error& reason) override { cache.leave(*this, reason); }
    state& cache;
    question& question_asked;
    completion<addresses> done;
    const std::uint16_t port;
    std::list<waiter>::iterator self;
  };
  /// A name that is being looked up, or waits to be.
  struct question {
    std::string host;
    family wanted;
    std::list<waiter> waiters;
    pending_work counts;  // while somebody waits
    bool under_way = false;
  };
  struct kept_answer {
    std::string key;
    answer found;
    time_point until;
  };

  const answer* recall(const std::string& key);
  void remember(const std::string& key, const answer& found);
  void wait_for(std::string key, const std::string& host, lookup_options options, completion<addresses> done);
  void begin_next();
  void begin(const std::string& key, question& next);
  void found(const std::string& key, answer outcome);
  void leave(waiter& leaving, error reason);

  loop& loop_;
  lookup_cache_options options_;
  const std::shared_ptr<const lookup_function> find_;
  counter& asked_;
  counter& kept_;
  counter& joined_;
  counter& full_;

  std::list<kept_answer> recent_;  // the one asked for last is first
  std::unordered_map<std::string, std::list<kept_answer>::iterator> names_;
  std::unordered_map<std::string, question> questions_;
  std::deque<std::string> queue_;  // keys of questions that are not under way
  std::size_t under_way_ = 0;
  std::size_t waiting_ = 0;
};

void lookup_cache::state::lookup(const std::string& host, lookup_options options,
                                 completion<addresses> done) {
  loop_.assert_current();
  const context_ptr& current = loop_.current();
  if (current && current->stop_requested()) return settle_soon(std::move(done), current->stop_reason());
  if (const auto literal = address::parse(host)) {
    return settle_soon(std::move(done), addresses{*literal}, options.port);
  }
  if (!can_be_a_name(host)) {
    return settle_soon(std::move(done), error::from_errno(EINVAL, "getaddrinfo", host));
  }
  std::string key = key_of(host, options.family);
  if (const answer* const known = recall(key)) {
    kept_.add();
    return settle_soon(std::move(done), *known, options.port);
  }
  if (waiting_ >= options_.waiting) {
    full_.add();
    return settle_soon(std::move(done), error(make_error_code(trireme::errc::full), "getaddrinfo", host));
  }
  wait_for(std::move(key), host, options, std::move(done));
}

const answer* lookup_cache::state::recall(const std::string& key) {
  const auto name = names_.find(key);
  if (name == names_.end()) return nullptr;
  const auto kept = name->second;
  if (kept->until <= loop_.now()) {
    names_.erase(name);
    recent_.erase(kept);
    return nullptr;
  }
  recent_.splice(recent_.begin(), recent_, kept);
  return &kept->found;
}

void lookup_cache::state::remember(const std::string& key, const answer& found) {
  const bool missing = !found && found.error().code() == make_error_code(errc::not_found);
  if (!found && !missing) return;
  const duration keep = found ? options_.keep_found : options_.keep_missing;
  if (keep <= duration::zero() || options_.entries == 0) return;
  if (names_.size() >= options_.entries) {
    names_.erase(recent_.back().key);
    recent_.pop_back();
  }
  recent_.push_front({key, found, trireme::detail::later(loop_.now(), keep)});
  names_.insert_or_assign(key, recent_.begin());
}

void lookup_cache::state::wait_for(std::string key, const std::string& host, lookup_options options,
                                   completion<addresses> done) {
  const auto [place, is_new] = questions_.try_emplace(key);
  question& asked = place->second;
  asked.waiters.emplace_back(*this, asked, std::move(done), options.port);
  waiter& joined = asked.waiters.back();
  joined.self = std::prev(asked.waiters.end());
  ++waiting_;
  if (asked.waiters.size() == 1) asked.counts = pending_work(loop_);
  if (const context_ptr& current = loop_.current()) current->watch(joined);
  if (!is_new) return joined_.add();
  asked.host = host;
  asked.wanted = options.family;
  queue_.push_back(std::move(key));
  begin_next();
}

void lookup_cache::state::begin_next() {
  while (under_way_ < options_.at_once && !queue_.empty()) {
    const std::string key = std::move(queue_.front());
    queue_.pop_front();
    begin(key, questions_.at(key));
  }
}

void lookup_cache::state::begin(const std::string& key, question& next) {
  next.under_way = true;
  ++under_way_;
  asked_.add();
  // It serves all who wait, so it is in nobody's context.
  loop_.run_in({}, [&] {
    completion<addresses> done(loop_, [cache = weak_from_this(), key](const error& failure, addresses some) {
      if (const auto self = cache.lock())
        self->found(key, failure ? answer(failure) : answer(std::move(some)));
    });
    trireme::detail::blocking_pool::shared().run_slow(
        std::move(done),
        [find = find_, host = next.host, wanted = next.wanted] { return (*find)(host, wanted); });
  });
}

void lookup_cache::state::found(const std::string& key, answer outcome) {
  --under_way_;
  remember(key, outcome);
  if (auto ended = questions_.extract(key)) {
    for (std::list<waiter>& waiters = ended.mapped().waiters; !waiters.empty();) {
      waiter& next = waiters.front();
      auto done = std::move(next.done);
      const std::uint16_t port = next.port;
      waiters.pop_front();
      --waiting_;
      settle_soon(std::move(done), outcome, port);
    }
  }
  begin_next();
}

void lookup_cache::state::leave(waiter& leaving, error reason) {
  question& asked = leaving.question_asked;
  settle_soon(std::move(leaving.done), std::move(reason));
  asked.waiters.erase(leaving.self);
  --waiting_;
  if (!asked.waiters.empty()) return;
  asked.counts = pending_work();
  if (asked.under_way) return;  // what has begun is worth keeping
  const std::string key = key_of(asked.host, asked.wanted);
  std::erase(queue_, key);
  questions_.erase(key);
}

void lookup_cache::state::cancel_all() {
  for (auto& [key, asked] : questions_) {
    for (waiter& each : asked.waiters) settle_soon(std::move(each.done), error(trireme::errc::canceled));
  }
  questions_.clear();
}

lookup_cache::lookup_cache(loop& owner, lookup_cache_options options)
    : state_(std::make_shared<state>(owner, std::move(options))) {}
lookup_cache::~lookup_cache() { state_->cancel_all(); }

promise<addresses> lookup_cache::lookup(std::string host, lookup_options options) {
  return with_promise<addresses>(
      state_->owner(), [&](completion<addresses> done) { state_->lookup(host, options, std::move(done)); });
}
void lookup_cache::lookup(std::string host, lookup_options options, callback_of<addresses> done) {
  state_->lookup(host, options, completion<addresses>(state_->owner(), std::move(done)));
}

void lookup_cache::clear() noexcept { state_->clear(); }
std::size_t lookup_cache::size() const noexcept { return state_->size(); }

}  // namespace trireme::dns

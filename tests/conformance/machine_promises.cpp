#include <stdexcept>
#include <trireme/core/all.hpp>
#include <trireme/core/all_settled.hpp>
#include <trireme/core/any.hpp>

#include "machine.hpp"

namespace conformance {

namespace {

using trireme::errc;
using trireme::error;

error failure(const std::string& reason) { return error::with_text(errc::failed, reason); }

text shown(const text& value) { return value; }
text shown(const std::vector<text>& values) {
  std::string joined;
  for (std::size_t at = 0; at < values.size(); ++at) joined += (at == 0 ? "" : "+") + values[at];
  return joined;
}
text shown(const std::vector<trireme::result<text>>& outcomes) {
  std::vector<text> values;
  for (const auto& each : outcomes) values.push_back(each ? *each : text("!" + each.error().message()));
  return shown(values);
}

template <class T>
trireme::promise<T> again(const trireme::detail::promise_ref<T>& state) {
  return trireme::promise<T>(state);
}

}  // namespace

bool machine::step_on_promise(const operation& one, const text& value) {
  if (one.kind == "promise") {
    make_promise(one.target);
  } else if (one.kind == "resolve") {
    resolve(one, value);
  } else if (one.kind == "reject") {
    if (auto* const settles = resolver(one.target)) settles->reject(failure(one.with));
  } else if (one.kind == "resolved") {
    name(one.target, trireme::promise<text>::resolved(loop_, one.with));
  } else if (one.kind == "rejected") {
    name(one.target, trireme::promise<text>::rejected(loop_, failure(one.with)));
  } else if (one.kind == "then") {
    then(one, one.body, one.has_rescue ? &one.rescue : nullptr);
  } else if (one.kind == "catch") {
    catch_(one);
  } else if (one.kind == "finally") {
    finally(one);
  } else if (one.kind == "async") {
    name(one.as, async(one).as_promise());
  } else {
    return combine(one);
  }
  return true;
}

template <class T>
void machine::name(const std::string& as, trireme::promise<T> made) {
  if (!as.empty()) promises_.insert_or_assign(as, std::move(made).release());
}

trireme::promise<text> machine::promise(const std::string& which) {
  return again(std::get<kept<text>>(promises_.at(which)));
}

void machine::make_promise(const std::string& as) {
  auto made = trireme::make_promise<text>(loop_);
  name(as, std::move(made.promise));
  // A resolver rejects where it goes, and in JavaScript it does not go.
  resolvers_.emplace_back(as, std::move(made.resolver));
}

trireme::resolver<text>* machine::resolver(const std::string& which) {
  for (auto named = resolvers_.rbegin(); named != resolvers_.rend(); ++named) {
    if (named->first == which) return &named->second;
  }
  return nullptr;
}

/// A promise takes no foreign thenables: one is what a microtask does before it resolves.
void machine::resolve(const operation& one, const text& value) {
  auto* const settles = resolver(one.target);
  if (!settles) return;
  if (!one.to.empty()) return settles->resolve(promise(one.to));
  text given = one.with;
  if (const auto at = given.find('$'); at != text::npos) given.replace(at, 1, value);
  if (!one.has_body) return settles->resolve(given);
  auto taken = std::make_shared<trireme::resolver<text>>(std::move(*settles));
  loop_.queue_microtask([this, &one, given, taken] {
    try {
      run(one.body);
      taken->resolve(given);
    } catch (const error& reason) {
      taken->reject(reason);
    }
  });
}

/// Calls `attach` with a reaction that returns a value or a promise, as the program says.
template <class Attach>
void machine::with_reaction(const operation& one, Attach attach) {
  if (one.returned_promise.empty()) {
    name(one.as, attach([this, &one](const operations& steps, const text& value) {
           run(steps, value);
           return text(one.returned);
         }));
  } else {
    name(one.as, attach([this, &one](const operations& steps, const text& value) {
           run(steps, value);
           return promise(one.returned_promise);
         }));
  }
}

void machine::then(const operation& one, const operations& work, const operations* rescue) {
  const auto attach_to = [&](const auto& source) {
    with_reaction(one, [&](auto react) {
      auto on_value = [react, &work](const auto& value) { return react(work, shown(value)); };
      if (!rescue) return source.then(on_value);
      return source.then(on_value,
                         [react, rescue](const error& reason) { return react(*rescue, reason.message()); });
    });
  };
  std::visit([&](const auto& state) { attach_to(again(state)); }, promises_.at(one.target));
}

void machine::catch_(const operation& one) {
  with_reaction(one, [&](auto react) {
    const auto source = promise(one.target);
    return source.or_else([react, &one](const error& reason) { return react(one.body, reason.message()); });
  });
}

void machine::finally(const operation& one) {
  with_reaction(one, [&](auto react) {
    return promise(one.target).finally([react, &one] { return react(one.body, {}); });
  });
}

bool machine::combine(const operation& one) {
  std::vector<trireme::promise<text>> together;
  for (const std::string& each : one.names) together.push_back(promise(each));
  if (one.kind == "all") {
    name(one.as, trireme::all(loop_, std::move(together)));
  } else if (one.kind == "race") {
    name(one.as, trireme::race(loop_, std::move(together)));
  } else if (one.kind == "all_settled") {
    name(one.as, trireme::all_settled(loop_, std::move(together)));
  } else if (one.kind == "any") {
    name(one.as, trireme::any(loop_, std::move(together)));
  } else {
    return false;
  }
  return true;
}

namespace {

/// A list of steps under way, and where its errors go.
struct frame {
  explicit frame(const operations& begun, const operations* caught_by = nullptr)
      : steps(&begun), rescue(caught_by) {}
  const operations* steps;
  const operations* rescue;
  std::size_t next = 0;
};

/// Leaves the innermost list whose errors are caught, for what catches them; false where none is.
bool rescued(std::vector<frame>& stack) {
  while (!stack.empty() && !stack.back().rescue) stack.pop_back();
  if (stack.empty()) return false;
  const operations& handler = *stack.back().rescue;
  stack.back() = frame(handler);
  return true;
}

}  // namespace

trireme::task<text> machine::async(const operation& one) {
  std::vector<frame> stack;
  stack.emplace_back(one.body);
  text value;
  while (!stack.empty()) {
    if (stack.back().next == stack.back().steps->size()) {
      stack.pop_back();
      continue;
    }
    const operation& now = (*stack.back().steps)[stack.back().next++];
    error caught;
    try {
      if (now.kind == "try") {
        stack.emplace_back(now.body, &now.rescue);
      } else if (now.kind != "await") {
        step(now, value);
      } else if (!now.body.empty()) {
        auto inner = async(now.body.front());
        value = co_await std::move(inner);
      } else if (now.target.empty()) {
        auto ready = trireme::promise<text>::resolved(loop_, now.with);
        value = co_await ready;
      } else if (auto* const values = std::get_if<kept<std::vector<text>>>(&promises_.at(now.target))) {
        const auto awaited = again(*values);
        value = shown(co_await awaited);
      } else {
        const auto awaited = promise(now.target);
        value = co_await awaited;
      }
    } catch (const error& reason) {
      caught = reason;
    }
    if (!caught) continue;
    value = caught.message();
    const bool goes_on = rescued(stack);
    if (!goes_on) caught.raise();
  }
  co_return one.returned;
}

}  // namespace conformance

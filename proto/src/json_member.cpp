#include "json_member.hpp"

namespace trireme::proto::wire {
namespace {

constexpr std::string_view blanks = " \t\r\n";

class scanner {
public:
  explicit scanner(std::string_view text) noexcept : text_(text) {}

  std::size_t position() const noexcept { return at_; }
  bool done() const noexcept { return at_ == text_.size(); }

  void blank() noexcept {
    while (!done() && blanks.find(text_[at_]) != std::string_view::npos) ++at_;
  }

  bool take(char wanted) noexcept {
    if (done() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  // A string, the quotes included.
  bool string() noexcept {
    if (!take('"')) return false;
    while (true) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos) return give_up();
      if (text_[at_++] == '"') return true;
      if (done()) return false;
      ++at_;
    }
  }

  // A value of any kind: up to the comma or bracket that follows it.
  bool value() noexcept {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (!done()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!string()) return false;
        continue;
      }
      if (c == '\'') return false;
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    }
    return depth == 0 && at_ != begin;
  }

private:
  bool give_up() noexcept {
    at_ = text_.size();
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::size_t trimmed_end(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  const std::size_t last = text.substr(begin, end - begin).find_last_not_of(blanks);
  return last == std::string_view::npos ? begin : begin + last + 1;
}

// One `"name": value`; notes it where the name is the wanted one.
bool member(scanner& input, std::string_view text, std::string_view name, json_member& found) noexcept {
  input.blank();
  const std::size_t name_begin = input.position();
  if (!input.string()) return false;
  const std::size_t name_end = input.position();
  input.blank();
  if (!input.take(':')) return false;
  input.blank();
  const std::size_t begin = input.position();
  if (!input.value()) return false;
  if (text.substr(name_begin + 1, name_end - name_begin - 2) != name) return true;
  const bool again = found.result != json_member::outcome::absent;
  found.result = again ? json_member::outcome::twice : json_member::outcome::found;
  found.begin = begin;
  found.end = trimmed_end(text, begin, input.position());
  return found.begin != found.end;
}

}  // namespace

json_member find_member(std::string_view text, std::string_view name) noexcept {
  const json_member malformed;
  scanner input(text);
  input.blank();
  if (!input.take('{')) return malformed;
  json_member found;
  found.result = json_member::outcome::absent;
  input.blank();
  if (!input.take('}')) {
    do {
      if (!member(input, text, name, found)) return malformed;
    } while (input.take(','));
    if (!input.take('}')) return malformed;
  }
  input.blank();
  return input.done() ? found : malformed;
}

}  // namespace trireme::proto::wire

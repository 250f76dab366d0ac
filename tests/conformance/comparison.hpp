#pragma once
#include <optional>
#include <string>
#include <vector>

#include "program.hpp"

namespace conformance {

/// Our orders of one program: as the loop is by default, and under Node's rule that 0 ms means 1.
struct ours {
  ours() {}
  std::optional<std::string> by_default;  // nothing where the program is about the clamp
  std::string clamped;
};
ours run(const program& done);

enum class verdict {
  equal,            ///< Node shows one order, and it is ours
  undetermined,     ///< Node shows several, ours among them
  explained,        ///< ours is another one, and the program says why
  not_expressible,  ///< C++ has no such thing
  different,
};

/// What became of all programs; what is to be said about single ones is in `complaints`.
class comparison {
public:
  void add(const program& done, const std::vector<std::string>& shown_by_node);
  std::size_t count(verdict which) const noexcept { return counts_[static_cast<std::size_t>(which)]; }
  /// One line.
  std::string summary(const std::string& node) const;
  const std::vector<std::string>& complaints() const noexcept { return complaints_; }

private:
  verdict judge(const program& done, const ours& shown, const std::vector<std::string>& by_node);
  void complain(const program& done, const ours& shown, const std::vector<std::string>& by_node);

  std::size_t counts_[5] = {};
  std::size_t like_standing_clock_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace conformance

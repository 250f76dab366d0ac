#include <trireme/core/counters.hpp>

namespace trireme {

std::shared_ptr<counter> counter_registry::share(std::string_view name) {
  if (const auto found = counters_.find(name); found != counters_.end()) return found->second;
  return counters_.emplace(name, std::make_shared<counter>()).first->second;
}

std::vector<std::pair<std::string, std::int64_t>> counter_registry::snapshot() const {
  std::vector<std::pair<std::string, std::int64_t>> values;
  values.reserve(counters_.size());
  for (const auto& [name, value] : counters_) values.emplace_back(name, value->value());
  return values;
}

}  // namespace trireme

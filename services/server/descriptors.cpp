#include "server/descriptors.hpp"

#include <sys/resource.h>

#include <string>
#include <trireme/core/log.hpp>

namespace trireme::services {

namespace {

constexpr rlim_t enough = 4096;

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlimit raised = limit;
  raised.rlim_cur = raised.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  if (limit.rlim_cur >= enough) return;
  log(log_level::warning,
      "only " + std::to_string(limit.rlim_cur) +
          " descriptors are allowed (RLIMIT_NOFILE): more clients than that are turned away");
}

}  // namespace trireme::services

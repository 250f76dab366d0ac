#pragma once

namespace trireme::services {

/// Sends the framework's lines, with time and level, to stderr through spdlog.
void log_with_spdlog();

}  // namespace trireme::services

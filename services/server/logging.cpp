#include "server/logging.hpp"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <string>
#include <trireme/core/log.hpp>

namespace trireme::services {

namespace {

void write_line(log_level level, std::string_view line) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                  spdlog::level::warn, spdlog::level::err};
  spdlog::log(levels[static_cast<int>(level)], "{}", line);
}

/// Protobuf writes a line for each malformed field that a client sends; the client is told already.
void swallow(google::protobuf::LogLevel level, const char*, int, const std::string& line) {
  if (level == google::protobuf::LOGLEVEL_FATAL) write_line(log_level::error, line);
}

}  // namespace

void log_with_spdlog() {
  google::protobuf::SetLogHandler(&swallow);
  spdlog::set_default_logger(spdlog::stderr_color_mt("trireme"));
  set_log_sink(&write_line);
}

}  // namespace trireme::services

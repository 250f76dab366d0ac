#include <unistd.h>

#include <atomic>
#include <string>
#include <trireme/core/log.hpp>

namespace trireme {

namespace {

constexpr std::string_view names[] = {"debug", "info", "warning", "error"};

/// One write for each line, so that lines of several threads do not mix.
void write_to_stderr(log_level level, std::string_view line) {
  std::string text = "trireme: ";
  text.append(names[static_cast<int>(level)]).append(": ").append(line).push_back('\n');
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::atomic<log_sink> current_sink{&write_to_stderr};

}  // namespace

void set_log_sink(log_sink sink) noexcept { current_sink.store(sink ? sink : &write_to_stderr); }

void log(log_level level, std::string_view line) noexcept {
  try {
    current_sink.load()(level, line);
  } catch (...) {
    // A sink that throws has no one left to tell.
  }
}

}  // namespace trireme

#pragma once
#include <string_view>
#include <trireme/core/unique_function.hpp>

namespace trireme {

/// How grave a line is.
enum class log_level { debug, info, warning, error };

/// Takes every line that the framework writes. May be called from any thread, one call at a time for each
/// thread.
using log_sink = void (*)(log_level level, std::string_view line);

/// Replaces the sink of the process; null restores the default, which writes "trireme: LEVEL: line" to stderr
/// in one call. Any thread; lines already on their way may still reach the old one.
void set_log_sink(log_sink sink) noexcept;
void log(log_level level, std::string_view line) noexcept;

}  // namespace trireme

#include <array>
#include <trireme/proto/status.hpp>

namespace trireme::proto {
namespace {

struct row {
  std::string_view name;
  int http_status;
};

constexpr std::array<row, 17> table{{{"ok", 200},
                                     {"canceled", 499},
                                     {"unknown", 500},
                                     {"invalid_argument", 400},
                                     {"deadline_exceeded", 504},
                                     {"not_found", 404},
                                     {"already_exists", 409},
                                     {"permission_denied", 403},
                                     {"resource_exhausted", 429},
                                     {"failed_precondition", 400},
                                     {"aborted", 409},
                                     {"out_of_range", 400},
                                     {"unimplemented", 501},
                                     {"internal", 500},
                                     {"unavailable", 503},
                                     {"data_loss", 500},
                                     {"unauthenticated", 401}}};

const row& row_of(code which) noexcept {
  const auto index = static_cast<std::size_t>(which);
  return table[index < table.size() ? index : static_cast<std::size_t>(code::unknown)];
}

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "trireme.proto.status"; }
  std::string message(int value) const override { return std::string(name_of(static_cast<code>(value))); }
};

code code_of(errc reason) noexcept {
  switch (reason) {
    case errc::canceled:
      return code::canceled;
    case errc::timed_out:
      return code::deadline_exceeded;
    case errc::full:
      return code::resource_exhausted;
    case errc::closed:
      return code::unavailable;
    case errc::broken_promise:
    case errc::would_hang:
      return code::internal;
    case errc::all_failed:
    case errc::failed:
      break;
  }
  return code::unknown;
}

}  // namespace

std::string_view name_of(code which) noexcept { return row_of(which).name; }

code code_named(std::string_view name) noexcept {
  for (std::size_t index = 0; index < table.size(); ++index) {
    if (table[index].name == name) return static_cast<code>(index);
  }
  return code::unknown;
}

int http_status_of(code which) noexcept { return row_of(which).http_status; }

const std::error_category& status_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(code which) noexcept { return {static_cast<int>(which), status_category()}; }

status status::from(const error& failure) {
  if (!failure) return {};
  const std::error_code cause = failure.code();
  if (cause.category() == status_category()) {
    return status(static_cast<proto::code>(cause.value()), failure.message());
  }
  if (failure.exception()) return status(proto::code::unknown, "the service failed");
  if (cause.category() == trireme::error_category()) {
    return status(code_of(static_cast<errc>(cause.value())), failure.message());
  }
  return status(proto::code::internal, cause.message());
}

error status::to_error() const {
  if (ok()) return {};
  if (message_.empty()) return make_error_code(code_);
  return error::with_text(make_error_code(code_), message_);
}

}  // namespace trireme::proto

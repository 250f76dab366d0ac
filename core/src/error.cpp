#include <cxxabi.h>

#include <map>
#include <mutex>
#include <trireme/core/error.hpp>
#include <trireme/core/unique_function.hpp>
#include <utility>

namespace trireme {

namespace {

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "trireme"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::canceled:
        return "canceled";
      case errc::timed_out:
        return "timed out";
      case errc::closed:
        return "closed";
      case errc::full:
        return "limit reached";
      case errc::broken_promise:
        return "the resolver went away without settling its promise";
      case errc::would_hang:
        return "there is work left that nothing can ever finish";
      case errc::failed:
        return "failed";
      case errc::all_failed:
        return "all failed";
    }
    return "unknown error";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::canceled:
        return std::errc::operation_canceled;
      case errc::timed_out:
        return std::errc::timed_out;
      default:
        return {value, *this};
    }
  }
};

/// `what` hands out a pointer, so the messages of bare codes are kept; there are as many as codes in use.
const char* kept_message(const std::error_code& code) {
  static std::mutex mutex;
  static std::map<std::pair<const std::error_category*, int>, std::string> kept;
  const std::lock_guard lock(mutex);
  auto& text = kept[{&code.category(), code.value()}];
  if (text.empty()) text = code.message();
  return text.c_str();
}

}  // namespace

const std::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), error_category()}; }

struct error::detail {
  std::string operation;
  std::string path;
  std::exception_ptr exception;
  std::string line;
};

error::error(std::error_code code, std::string_view operation, std::string_view path) : code_(code) {
  if (operation.empty() && path.empty()) return;
  std::string line;
  if (!operation.empty()) line.append(operation).append(": ");
  line += code.message();
  if (!path.empty()) line.append(": ").append(path);
  detail_ = std::make_shared<const detail>(
      detail{std::string(operation), std::string(path), nullptr, std::move(line)});
}

error error::with_text(std::error_code code, std::string text) {
  error made(code);
  made.detail_ = std::make_shared<const detail>(detail{{}, {}, nullptr, std::move(text)});
  return made;
}

error error::from(std::exception_ptr exception) {
  if (!exception) return {};
  std::string operation, path, text;
  std::error_code code = errc::failed;
  try {
    std::rethrow_exception(exception);
  } catch (const error& same) {
    if (typeid(same) == typeid(error)) return same;
    operation = same.operation();
    path = same.path();
    text = same.what();
    if (same) code = same.code();
  } catch (const std::system_error& other) {
    text = other.what();
    if (other.code()) code = other.code();
  } catch (const std::exception& other) {
    text = other.what();
  } catch (...) {
    text = "an exception that is no std::exception";
  }
  error made(code);
  made.detail_ = std::make_shared<const detail>(
      detail{std::move(operation), std::move(path), std::move(exception), std::move(text)});
  return made;
}

error error::from_errno(int number, std::string_view operation, std::string_view path) {
  return {std::error_code(number, std::generic_category()), operation, path};
}

std::string_view error::operation() const noexcept {
  return detail_ ? std::string_view(detail_->operation) : std::string_view();
}

std::string_view error::path() const noexcept {
  return detail_ ? std::string_view(detail_->path) : std::string_view();
}

std::string error::message() const { return detail_ ? detail_->line : code_.message(); }

const char* error::what() const noexcept {
  if (detail_) return detail_->line.c_str();
  try {
    return kept_message(code_);
  } catch (...) {
    return code_.category().name();
  }
}

std::exception_ptr error::exception() const noexcept { return detail_ ? detail_->exception : nullptr; }

std::string error::type() const {
  const std::exception_ptr original = exception();
  if (!original) return {};
  try {
    std::rethrow_exception(original);
  } catch (...) {
    return trireme::detail::type_name(*abi::__cxa_current_exception_type());
  }
}

void error::raise() const {
  if (const auto original = exception()) std::rethrow_exception(original);
  throw *this;
}

}  // namespace trireme

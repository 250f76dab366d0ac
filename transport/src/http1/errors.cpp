#include <trireme/transport/http1/errors.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace trireme::transport::http1 {
namespace {

struct meaning {
  int status;
  const char* text;
};

constexpr std::array meanings{
    meaning{200, "no error"},
    meaning{400, "CR without LF"},
    meaning{400, "LF without CR"},
    meaning{400, "invalid method"},
    meaning{501, "method too long"},
    meaning{400, "invalid request target"},
    meaning{414, "request target too long"},
    meaning{400, "invalid version"},
    meaning{505, "unsupported version"},
    meaning{400, "folded header line"},
    meaning{400, "invalid header name"},
    meaning{400, "invalid header value"},
    meaning{431, "too many headers"},
    meaning{431, "request head too large"},
    meaning{400, "missing Host"},
    meaning{400, "more than one Host"},
    meaning{400, "invalid Host"},
    meaning{400, "invalid Content-Length"},
    meaning{400, "conflicting Content-Length"},
    meaning{400, "Content-Length together with Transfer-Encoding"},
    meaning{501, "unsupported Transfer-Encoding"},
    meaning{400, "Transfer-Encoding in HTTP/1.0"},
    meaning{417, "unsupported Expect"},
    meaning{413, "body too large"},
    meaning{400, "invalid chunk size"},
    meaning{400, "invalid chunk extension"},
    meaning{400, "chunk extensions too large"},
    meaning{400, "chunk data not followed by CRLF"},
    meaning{431, "trailers too large"},
    meaning{500, "status outside 100 to 599"},
    meaning{500, "unsafe name in a response header"},
    meaning{500, "unsafe value in a response header"},
    meaning{500, "response header that the writer is in charge of"},
};
static_assert(meanings.size() == static_cast<std::size_t>(http_error::reserved_header) + 1);

class category final : public std::error_category {
public:
  const char* name() const noexcept override { return "trireme.http1"; }
  std::string message(int value) const override {
    const auto index = static_cast<std::size_t>(value);
    return index < meanings.size() ? meanings[index].text : "unknown HTTP error";
  }
};

}  // namespace

const std::error_category& http_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(http_error error) noexcept {
  return {static_cast<int>(error), http_category()};
}

int http_status_of(http_error error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return index < meanings.size() ? meanings[index].status : 500;
}

}  // namespace trireme::transport::http1

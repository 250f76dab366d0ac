#pragma once
#include <optional>
#include <string_view>
#include <trireme/proto/connect.hpp>

namespace trireme::proto::connect {

/// The encoding that a Content-Type names; none where it is not one of ours.
std::optional<encoding> encoding_of(std::string_view content_type) noexcept;
std::string_view content_type_of(encoding format) noexcept;

/// Whether a path has the form "/package.Service/Method".
bool looks_like_rpc(std::string_view path) noexcept;

/// The value of a header; empty where there is none.
std::string_view header_of(const request& given, std::string_view name) noexcept;

/// Reads Connect-Protocol-Version, Connect-Timeout-Ms and Content-Encoding.
status read_protocol_headers(const request& given, std::optional<duration>& timeout);

/// Everything that is not HTTP's or Connect's own business.
metadata metadata_of(const request& given);

}  // namespace trireme::proto::connect

#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <trireme/transport/http1/request.hpp>
#include <trireme/transport/http1/response.hpp>
#include <unordered_map>

namespace trireme::transport::http1 {

/// A folder's files, read once into memory and served from there, so that no request ever waits for a disk
/// and no path of a client's ever reaches the file system. Each has an ETag; "/" and folders stand for their
/// index.html.
///
/// Thread: the loop's. Errors: the constructor throws `error` where the folder cannot be read, or holds more
/// than `max_bytes`.
class static_files {
public:
  explicit static_files(const std::string& folder, std::size_t max_bytes = std::size_t{64} << 20);

  /// Answers for a file of the folder, 405 where the method is neither GET nor HEAD. False, and no answer,
  /// where there is none of that path.
  bool serve(const request& from, response& to) const;
  std::size_t size() const noexcept { return files_.size(); }

private:
  struct file {
    std::string body;
    std::string_view content_type;
    std::string tag;
  };
  std::unordered_map<std::string, file> files_;  // by path, as in the URL
};

}  // namespace trireme::transport::http1

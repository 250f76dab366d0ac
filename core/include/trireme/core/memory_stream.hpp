#pragma once
#include <cstddef>
#include <string>
#include <trireme/core/duplex.hpp>
#include <trireme/core/promise.hpp>

namespace trireme {

/// A source of bytes that are there already, in chunks of at most `chunk_size`; the chunks share them.
///
/// Thread: the loop's.
class memory_source final : public readable {
public:
  memory_source(loop& owner, shared_bytes bytes, std::size_t chunk_size = 64 * 1024);
  memory_source(loop& owner, std::string bytes, std::size_t chunk_size = 64 * 1024);

private:
  void on_read() override;
  void on_destroy(const error&) override { rest_ = shared_bytes(); }
  shared_bytes rest_;
  std::size_t chunk_size_;
};

/// Collects everything.
///
/// Thread: the loop's. Errors: beyond `limit` bytes it fails with `errc::full`, and counts that as
/// "stream.collect_full".
class memory_sink final : public writable {
public:
  explicit memory_sink(loop& owner, std::size_t limit = 16 * 1024 * 1024);
  /// What has come.
  const std::string& bytes() const noexcept { return bytes_; }
  std::string take() noexcept { return std::move(bytes_); }

private:
  void on_write(shared_bytes chunk) override;
  std::string bytes_;
  std::size_t limit_;
};

/// Reads a stream to its end, into one string; `text` of Node's stream consumers.
///
/// Thread: the loop's. Lifetime: the source outlives the promise. Errors: those of the source; beyond `limit`
/// bytes `errc::full`. Either way the source is destroyed. One that is in use already is left alone:
/// `std::errc::operation_in_progress`. A stop of the caller's context ends it at once.
/// Source: https://nodejs.org/docs/latest-v20.x/api/webstreams.html#utility-consumers
promise<std::string> collect(loop& owner, readable& source, std::size_t limit = 16 * 1024 * 1024);
void collect(loop& owner, readable& source, callback_of<std::string> done);
void collect(loop& owner, readable& source, std::size_t limit, callback_of<std::string> done);

}  // namespace trireme

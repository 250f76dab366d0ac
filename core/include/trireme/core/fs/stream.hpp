#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trireme/core/fs/file.hpp>
#include <trireme/core/readable.hpp>
#include <trireme/core/writable.hpp>

namespace trireme::fs {

/// What a `read_stream` reads.
struct read_stream_options {
  read_stream_options() {}
  /// In bytes, the most of each read. Node's mark of file streams, 64 KiB. Source:
  /// https://nodejs.org/docs/latest-v20.x/api/fs.html#fscreatereadstreampath-options
  std::size_t chunk_size = 64 * 1024;
  /// The first byte; without one, from the position of the file.
  std::optional<std::uint64_t> start;
  /// One past the last byte (Node's `end` is the last itself); without one, to the end of the file.
  std::optional<std::uint64_t> end;
};

/// A file as a source of bytes. It is opened at the first read, read a chunk at a time on the blocking pool,
/// and closed at its end. A chunk is what one read brings: of a pipe or a terminal, what has come so far.
/// While none has, the read keeps a thread of the pool, as in Node.
///
///     fs::read_stream from(loop, "/var/log/chat");
///     fs::write_stream to(loop, "/var/log/chat.old");
///     auto copied = pipeline(loop, from, to);
///     co_await copied;
///
/// Thread: the loop's. Lifetime: may go at any time; what is under way on the pool ends there, and the file
/// is closed after it. Errors: the system's, with operation and path, as of `fs::open` and `file::read`. A
/// stop of the context that it was made in ends it. Source:
/// https://nodejs.org/docs/latest-v20.x/api/fs.html#class-fsreadstream
class read_stream final : public readable {
public:
  read_stream(loop& owner, std::string path, const read_stream_options& options = {});
  /// Of a file that is open already.
  read_stream(loop& owner, file opened, const read_stream_options& options = {});
  ~read_stream() override;

  /// Bytes that were read.
  std::uint64_t bytes_read() const noexcept { return read_; }

private:
  void on_read() override;
  void on_destroy(const error& reason) override;
  void read_chunk();
  void took(const error& failure, std::string bytes);
  std::size_t next_size() const noexcept;

  std::string path_;
  read_stream_options options_;
  file file_;
  std::uint64_t read_ = 0;
  std::shared_ptr<read_stream*> self_;  // null inside once this has gone
};

/// How a `write_stream` writes.
struct write_stream_options {
  write_stream_options() {}
  open_mode mode = open_mode::write;
  /// For a file that is made, less the process's umask.
  std::uint32_t permissions = 0666;
  /// Its end waits until everything is on the disk; `flush` of Node 21.
  bool durable = false;
  /// 64 KiB. Chunks that wait are written together, up to as many bytes.
  std::size_t high_water_mark = 64 * 1024;
};

/// A file as a sink of bytes. It is opened at the first write, or at its end, and closed at its end, which
/// waits for that. What an earlier error has let through stays in the file.
///
/// Thread, lifetime, errors: as `read_stream`; those of closing are those of the end. Order: one write is
/// under way at a time. Source: https://nodejs.org/docs/latest-v20.x/api/fs.html#class-fswritestream
class write_stream final : public writable {
public:
  write_stream(loop& owner, std::string path, const write_stream_options& options = {});
  /// Of a file that is open already, from its position.
  write_stream(loop& owner, file opened, const write_stream_options& options = {});
  ~write_stream() override;

  /// Bytes that were written.
  std::uint64_t bytes_written() const noexcept { return written_; }

private:
  void on_write(shared_bytes chunk) override;
  void on_end() override;
  void on_destroy(const error& reason) override;
  /// Goes on with `next` once the file is open.
  template <class Next>
  void with_file(Next next);
  void write_out(std::string bytes);
  void sync_and_close();
  void close();

  std::string path_;
  write_stream_options options_;
  file file_;
  std::uint64_t written_ = 0;
  std::shared_ptr<write_stream*> self_;  // null inside once this has gone
};

}  // namespace trireme::fs

#pragma once
#include <trireme/chat/v1/chat.pb.h>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace trireme::services::chat {

/// What was said, in one SQLite file (write-ahead log, so that a restart or a crash of the process loses
/// nothing that was acknowledged; a crash of the machine may lose the last moments).
///
/// Thread: one at a time; a worker owns it. Errors: all throw `error` with SQLite's text.
class history_store {
public:
  /// Opens or makes `folder`/chat.db; makes the folder too.
  explicit history_store(const std::string& folder);

  /// Returns it with its id, one larger than any before in the room.
  trireme::chat::v1::Said append(const std::string& room, std::string name, std::string text,
                                 std::int64_t time_ms);
  /// The latest `count` before id `before` (0: no bound), oldest first.
  std::vector<trireme::chat::v1::Said> read(const std::string& room, std::uint64_t before,
                                            std::uint32_t count);

private:
  struct closer {
    void operator()(sqlite3* database) const noexcept;
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  using statement = std::unique_ptr<sqlite3_stmt, closer>;

  statement prepare(std::string_view sql);
  void run(const char* sql);
  [[noreturn]] void fail(std::string_view operation) const;

  std::string path_;
  std::unique_ptr<sqlite3, closer> database_;
  statement insert_;
  statement select_;
};

}  // namespace trireme::services::chat

#include "chat/history_store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <trireme/core/error.hpp>

namespace trireme::services::chat {

namespace {

// Another process, a backup for instance, may hold the file for a moment.
constexpr int busy_patience_ms = 2000;
constexpr const char* schema = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS said (
    room TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, time_ms INTEGER NOT NULL,
    PRIMARY KEY (room, id)) WITHOUT ROWID;
)";
constexpr std::string_view insert_sql =
    "INSERT INTO said (room, id, name, text, time_ms) "
    "VALUES (?1, (SELECT COALESCE(MAX(id), 0) + 1 FROM said WHERE room = ?1), ?2, ?3, ?4) RETURNING id";
constexpr std::string_view select_sql =
    "SELECT id, name, text, time_ms FROM said WHERE room = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

void bind_text(sqlite3_stmt* statement, int place, const std::string& text) {
  sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string text_of(sqlite3_stmt* statement, int column) {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

/// A statement is ready for its next use however the present one ends.
struct resetting {
  ~resetting() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
  sqlite3_stmt* statement;
};

}  // namespace

void history_store::closer::operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
void history_store::closer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

history_store::history_store(const std::string& folder) : path_(folder + "/chat.db") {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw error(failure, "data folder", folder);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(path_.c_str(), &opened);
  database_.reset(opened);
  if (code != SQLITE_OK) fail("open");
  sqlite3_busy_timeout(opened, busy_patience_ms);
  run(schema);
  insert_ = prepare(insert_sql);
  select_ = prepare(select_sql);
}

trireme::chat::v1::Said history_store::append(const std::string& room, std::string name, std::string text,
                                              std::int64_t time_ms) {
  const resetting after{insert_.get()};
  bind_text(insert_.get(), 1, room);
  bind_text(insert_.get(), 2, name);
  bind_text(insert_.get(), 3, text);
  sqlite3_bind_int64(insert_.get(), 4, time_ms);
  if (sqlite3_step(insert_.get()) != SQLITE_ROW) fail("insert");
  trireme::chat::v1::Said said;
  said.set_id(static_cast<std::uint64_t>(sqlite3_column_int64(insert_.get(), 0)));
  if (sqlite3_step(insert_.get()) != SQLITE_DONE) fail("insert");
  said.set_name(std::move(name));
  said.set_text(std::move(text));
  said.set_time_ms(time_ms);
  return said;
}

std::vector<trireme::chat::v1::Said> history_store::read(const std::string& room, std::uint64_t before,
                                                         std::uint32_t count) {
  constexpr auto no_bound = std::numeric_limits<std::int64_t>::max();
  const resetting after{select_.get()};
  bind_text(select_.get(), 1, room);
  const bool bounded = before > 0 && before < static_cast<std::uint64_t>(no_bound);
  sqlite3_bind_int64(select_.get(), 2, bounded ? static_cast<std::int64_t>(before) : no_bound);
  sqlite3_bind_int64(select_.get(), 3, count);
  std::vector<trireme::chat::v1::Said> found;
  int code;
  while ((code = sqlite3_step(select_.get())) == SQLITE_ROW) {
    auto& said = found.emplace_back();
    said.set_id(static_cast<std::uint64_t>(sqlite3_column_int64(select_.get(), 0)));
    said.set_name(text_of(select_.get(), 1));
    said.set_text(text_of(select_.get(), 2));
    said.set_time_ms(sqlite3_column_int64(select_.get(), 3));
  }
  if (code != SQLITE_DONE) fail("select");
  std::reverse(found.begin(), found.end());
  return found;
}

history_store::statement history_store::prepare(std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code =
      sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &made, nullptr);
  if (code != SQLITE_OK) fail("prepare");
  return statement(made);
}

void history_store::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("open");
}

void history_store::fail(std::string_view operation) const {
  throw error::with_text(
      std::make_error_code(std::errc::io_error),
      "chat history: " + std::string(operation) + ": " + sqlite3_errmsg(database_.get()) + ": " + path_);
}

}  // namespace trireme::services::chat

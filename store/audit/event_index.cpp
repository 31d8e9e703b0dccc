#include "audit/event_index.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <span>

#include "audit/event_row.hpp"
#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr int kBusyMilliseconds = 2000;
constexpr const char* kSchema =
    "CREATE TABLE events(sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL, timestamp TEXT NOT "
    "NULL, event_type TEXT NOT NULL, subject TEXT, status TEXT NOT NULL, profile TEXT, version "
    "TEXT, previous_version TEXT, \"user\" TEXT, hostname TEXT, tool_version TEXT, error TEXT, "
    "\"commit\" TEXT NOT NULL, json TEXT NOT NULL) STRICT;"
    "CREATE INDEX events_timestamp ON events(timestamp);"
    "CREATE INDEX events_event_type ON events(event_type);"
    "CREATE INDEX events_version ON events(version);"
    "PRAGMA user_version=1;";
constexpr int kColumns = static_cast<int>(kEventColumns.size());

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Errc errc_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return Errc::NoSpace;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::Locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return Errc::Corrupt;
    default:
      return Errc::Io;
  }
}

/// Field by field with their lengths, so that no text can pass for two others.
std::string digest_text(std::int64_t sequence, const EventRow& row) {
  std::string text = std::to_string(sequence);
  for (const std::string& field : row) text += fmt::format("\n{}:{}", field.size(), field);
  return text;
}

}  // namespace

struct EventIndex::Parts {
  std::string path;
  std::unique_ptr<sqlite3, CloseDatabase> database;

  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    throw Error(errc_of(code), fmt::format("cannot use the index {}", quoted(path)),
                database ? sqlite3_errmsg(database.get()) : sqlite3_errstr(code));
  }
  void run(const char* sql) const {
    check(sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr));
  }
  Statement prepare(const std::string& sql) const {
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(database.get(), sql.c_str(), -1, &raw, nullptr));
    return Statement(raw);
  }
  int number(const char* sql) const {
    const Statement statement = prepare(sql);
    check(sqlite3_step(statement.get()));
    return sqlite3_column_int(statement.get(), 0);
  }
};

EventIndex::EventIndex(const std::string& path) : parts_(std::make_unique<Parts>()) {
  parts_->path = path;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
      nullptr);
  parts_->database.reset(raw);
  parts_->check(code);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  // A database from elsewhere may bring triggers and views along: what they call must be harmless.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  parts_->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;");
  if (parts_->number("PRAGMA user_version") == 1) return;
  if (parts_->number("SELECT count(*) FROM sqlite_master") != 0) {
    throw Error(Errc::Corrupt, fmt::format("cannot use the index {}", quoted(path)),
                "it holds other tables than ours");
  }
  parts_->run((std::string("BEGIN IMMEDIATE;") + kSchema + "COMMIT;").c_str());
}

EventIndex::~EventIndex() = default;

void EventIndex::add(std::span<const ChainLink> links, Sha256& digest) {
  Sha256 running = digest;
  parts_->run("BEGIN IMMEDIATE");
  try {
    std::string sql = "INSERT INTO events VALUES(?";
    for (int i = 0; i < kColumns; ++i) sql += ",?";
    const Statement insert = parts_->prepare(sql + ")");
    for (const ChainLink& link : links) {
      const EventRow row = event_row(link);
      const auto sequence = static_cast<std::int64_t>(link.event.sequence);
      sqlite3_bind_int64(insert.get(), 1, sequence);
      for (int i = 0; i < kColumns; ++i) {
        const std::string& field = row[static_cast<std::size_t>(i)];
        parts_->check(sqlite3_bind_text(insert.get(), i + 2, field.data(),
                                        static_cast<int>(field.size()), SQLITE_STATIC));
      }
      parts_->check(sqlite3_step(insert.get()));
      sqlite3_reset(insert.get());
      running = extend_digest(running, digest_text(sequence, row));
    }
    parts_->run("COMMIT");
  } catch (...) {
    sqlite3_exec(parts_->database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
  digest = running;
}

Sha256 EventIndex::digest() const {
  std::string sql = "SELECT sequence";
  for (const char* column : kEventColumns) sql += fmt::format(",\"{}\"", column);
  const Statement select = parts_->prepare(sql + " FROM events ORDER BY sequence");
  Sha256 running;
  while (true) {
    const int code = sqlite3_step(select.get());
    parts_->check(code);
    if (code == SQLITE_DONE) return running;
    EventRow row;
    for (int i = 0; i < kColumns; ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(select.get(), i + 1));
      const int size = sqlite3_column_bytes(select.get(), i + 1);
      if (text != nullptr) {
        row[static_cast<std::size_t>(i)].assign(text, static_cast<std::size_t>(size));
      }
    }
    running = extend_digest(running, digest_text(sqlite3_column_int64(select.get(), 0), row));
  }
}

void EventIndex::tidy() {
  // Readers may hold it back: the next time will do.
  sqlite3_wal_checkpoint_v2(parts_->database.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                            nullptr);
}

}  // namespace stravinsky

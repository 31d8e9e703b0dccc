#include <fmt/format.h>

#include "core/text.hpp"
#include "restore/archive_writer.hpp"
#include "restore/libarchive.hpp"
#include "restore/libarchive_output.hpp"

namespace stravinsky {
namespace {

/// Zip through libarchive: files, directories and symlinks with modes, owners and whole seconds.
class ZipWriter final : public ArchiveWriter {
 public:
  explicit ZipWriter(const DumpOutput& output) {
    archive_.check(libarchive().archive_write_set_format_zip(archive_.raw()), "zip");
    archive_.open(output);
  }

  Wants begin(const std::string& path, const Entry& entry, const std::string& group) override {
    current_ = path;
    if (path == ".") return Wants::Nothing;
    if (!holds(entry)) {
      lose(fmt::format("{} left out: zip holds files, directories and links only", quoted(path)));
      return Wants::Nothing;
    }
    for (const auto& [name, value] : entry.xattrs) {
      lose(fmt::format("{}: attribute {} left out", quoted(path), quoted(name)));
    }
    if (!group.empty() && !first_of(group, path).empty()) {
      lose(fmt::format("{}: a copy, since zip has no hard links", quoted(path)));
    }
    const ArchiveEntry handle = new_entry();
    archive_entry* raw = handle.get();
    libarchive().archive_entry_copy_pathname(raw, path.c_str());
    libarchive().archive_entry_set_filetype(raw, file_type(entry.type));
    libarchive().archive_entry_set_perm(raw, entry.type == EntryType::Symlink ? 0777 : entry.mode);
    libarchive().archive_entry_set_uid(raw, entry.uid);
    libarchive().archive_entry_set_gid(raw, entry.gid);
    if (entry.mtime) {
      libarchive().archive_entry_set_mtime(raw, static_cast<time_t>(entry.mtime->seconds),
                                           static_cast<long>(entry.mtime->nanoseconds));
    }
    if (entry.type == EntryType::Symlink)
      libarchive().archive_entry_copy_symlink(raw, entry.link.c_str());
    const bool content = entry.type == EntryType::File;
    libarchive().archive_entry_set_size(raw, content ? static_cast<la_int64_t>(entry.size) : 0);
    archive_.check(libarchive().archive_write_header(archive_.raw(), raw), path);
    return content ? Wants::Content : Wants::Nothing;
  }

  void append(ByteView piece) override { archive_.write_data(piece, current_); }

  void finish() override { archive_.close(); }

 private:
  static bool holds(const Entry& entry) {
    return entry.type == EntryType::File || entry.type == EntryType::Directory ||
           entry.type == EntryType::Symlink;
  }
  static unsigned file_type(EntryType type) {
    if (type == EntryType::Directory) return AE_IFDIR;
    return type == EntryType::Symlink ? AE_IFLNK : AE_IFREG;
  }

  LibArchive archive_;
  std::string current_;
};

}  // namespace

std::unique_ptr<ArchiveWriter> make_zip_writer(const DumpOutput& output) {
  return std::make_unique<ZipWriter>(output);
}

}  // namespace stravinsky

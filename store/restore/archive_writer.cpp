#include "restore/archive_writer.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "restore/libarchive_output.hpp"
#include "restore/pax_header.hpp"

namespace stravinsky {
namespace {

class TarWriter final : public ArchiveWriter {
 public:
  TarWriter(ByteOutput::Compression compression, const DumpOutput& output)
      : output_(compression, output) {}

  Wants begin(const std::string& path, const Entry& entry, const std::string& group) override {
    output_.write(padding_);
    padding_.clear();
    if (entry.type == EntryType::Socket) {
      lose(fmt::format("{} left out: tar cannot hold sockets", quoted(path)));
      return Wants::Nothing;
    }
    const std::string first = group.empty() ? std::string() : first_of(group, path);
    const bool content = entry.type == EntryType::File && first.empty();
    const std::uint64_t size = content ? entry.size : 0;
    output_.write(pax_header(path, entry, first, size));
    padding_ = tar_padding(size);
    return content ? Wants::Content : Wants::Nothing;
  }

  void append(ByteView piece) override { output_.write(piece); }

  void finish() override {
    output_.write(padding_ + tar_end());
    output_.finish();
  }

 private:
  ByteOutput output_;
  std::string padding_;  ///< due before the next entry
};

}  // namespace

std::string ArchiveWriter::first_of(const std::string& group, const std::string& path) {
  const auto [first, is_new] = first_of_group_.try_emplace(group, path);
  return is_new ? std::string() : first->second;
}

std::unique_ptr<ArchiveWriter> make_archive_writer(ArchiveFormat format, const DumpOutput& output) {
  switch (format) {
    case ArchiveFormat::Tar:
      return std::make_unique<TarWriter>(ByteOutput::Compression::None, output);
    case ArchiveFormat::TarZst:
      return std::make_unique<TarWriter>(ByteOutput::Compression::Zstd, output);
    case ArchiveFormat::Zip:
      break;
  }
  return make_zip_writer(output);
}

}  // namespace stravinsky

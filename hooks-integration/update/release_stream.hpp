#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stravinsky::hooks {

/// The bytes of an archive, without the compression by gzip or zstd that it may have. What gzip and
/// zstd say of their content (a CRC, a checksum where one was written) is held against it, which
/// takes reading to the end: only an empty piece means that all before it was as it was made.
class ReleaseStream {
 public:
  /// @throws Error NotFound, Denied, Corrupt, Io
  explicit ReleaseStream(const std::string& path);
  ~ReleaseStream();
  ReleaseStream(const ReleaseStream&) = delete;
  ReleaseStream& operator=(const ReleaseStream&) = delete;

  /// The next piece, valid until the next call; empty: the end.
  /// @throws Error Corrupt: damaged or cut off; Io
  std::string_view read();
  std::uint64_t given() const { return given_; }  ///< bytes so far
  /// Of those, the place behind the last one that is not zero.
  std::uint64_t last_content() const { return last_content_; }

 private:
  class Source;
  class GzipSource;
  class OtherSource;

  std::string buffer_;
  std::unique_ptr<Source> source_;
  std::uint64_t given_ = 0, last_content_ = 0;
};

}  // namespace stravinsky::hooks

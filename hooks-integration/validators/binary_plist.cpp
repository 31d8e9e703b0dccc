#include <fmt/format.h>

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "validators/plist.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::string_view kMagic = "bplist00";
constexpr std::size_t kTrailer = 32;

struct Refused {
  std::string reason;
};

/// Reads objects by number. Everything that the file says about itself is checked before it is
/// used.
class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : bytes_(bytes) { read_trailer(); }

  JsonValue read_top() { return read_object(top_); }

 private:
  std::uint64_t number(std::uint64_t offset, std::size_t size) const {
    if (offset > table_ || size > table_ - offset) throw Refused{"an object ends outside the file"};
    return big_endian(offset, size);
  }

  std::uint64_t big_endian(std::uint64_t offset, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[offset + i]);
    }
    return value;
  }

  void read_trailer() {
    if (bytes_.size() < kMagic.size() + kTrailer) throw Refused{"the file is too short"};
    const std::size_t trailer = bytes_.size() - kTrailer;
    offset_size_ = big_endian(trailer + 6, 1);
    ref_size_ = big_endian(trailer + 7, 1);
    count_ = big_endian(trailer + 8, 8);
    top_ = big_endian(trailer + 16, 8);
    table_ = big_endian(trailer + 24, 8);
    if (offset_size_ < 1 || offset_size_ > 8 || ref_size_ < 1 || ref_size_ > 8) {
      throw Refused{"the sizes in the trailer are not 1 to 8"};
    }
    if (count_ == 0 || count_ > kJsonValues) {
      throw Refused{fmt::format("the trailer speaks of {} objects", count_)};
    }
    if (table_ < kMagic.size() || table_ > trailer || (trailer - table_) / offset_size_ < count_) {
      throw Refused{"the table of offsets lies outside the file"};
    }
    if (top_ >= count_) throw Refused{"the top object is none of the file's"};
    open_.resize(count_);
  }

  /// The offset behind the marker, and how many items, bytes or characters the object has.
  std::uint64_t read_count(std::uint64_t& offset, unsigned low) const {
    if (low != 0xF) return low;
    const std::uint64_t marker = number(offset, 1);
    if (marker >> 4 != 1 || (marker & 0xF) > 3) throw Refused{"the count of an object is none"};
    const std::size_t size = std::size_t(1) << (marker & 0xF);
    const std::uint64_t count = number(offset + 1, size);
    offset += 1 + size;
    return count;
  }

  std::string_view slice(std::uint64_t offset, std::uint64_t length) const {
    if (offset > table_ || length > table_ - offset) {
      throw Refused{"an object ends outside the file"};
    }
    return bytes_.substr(offset, length);
  }

  std::uint64_t reference(std::uint64_t offset) const {
    const std::uint64_t object = number(offset, ref_size_);
    if (object >= count_) throw Refused{"a reference to an object that is not there"};
    return object;
  }

  JsonValue read_object(std::uint64_t object) {
    if (++values_ > kJsonValues) throw Refused{fmt::format("more than {} values", kJsonValues)};
    if (depth_ == kJsonDepth) {
      throw Refused{fmt::format("more than {} collections inside each other", kJsonDepth)};
    }
    if (open_[object]) throw Refused{"an object contains itself"};
    open_[object] = true;
    ++depth_;
    std::uint64_t offset = big_endian(table_ + object * offset_size_, offset_size_);
    const std::uint64_t marker = number(offset, 1);
    if (offset < kMagic.size()) throw Refused{"an offset points into the header"};
    JsonValue value = read_marked(++offset, unsigned(marker >> 4), unsigned(marker & 0xF));
    value.at = {0, 0};
    --depth_;
    open_[object] = false;
    return value;
  }

  JsonValue read_marked(std::uint64_t offset, unsigned kind, unsigned low) {
    JsonValue value;
    switch (kind) {
      case 0x0:
        if (low == 0x8 || low == 0x9) value.data = low == 0x9;
        if (low != 0x0 && low != 0x8 && low != 0x9) throw Refused{"an unknown kind of object"};
        return value;
      case 0x1:
        value.data = read_integer(offset, low);
        return value;
      case 0x2:
        value.data = read_real(offset, low);
        return value;
      case 0x3:
        if (low != 0x3) throw Refused{"a date that has not 8 bytes"};
        number(offset, 8);
        value.data = std::string("date");
        return value;
      case 0x4: {
        const std::uint64_t count = read_count(offset, low);
        slice(offset, count);
        value.data = std::string("data");
        return value;
      }
      case 0x5: {
        const std::uint64_t count = read_count(offset, low);
        value.data = read_ascii(slice(offset, count));
        return value;
      }
      case 0x6: {
        const std::uint64_t count = read_count(offset, low);
        if (count > bytes_.size()) throw Refused{"an object ends outside the file"};
        value.data = read_utf16(slice(offset, count * 2));
        return value;
      }
      case 0x8:
        value.data = static_cast<std::int64_t>(number(offset, std::min(low + 1, 8u)));
        return value;
      case 0xA:
      case 0xC:
        value.data = read_array(offset, low);
        return value;
      case 0xD:
        value.data = read_dictionary(offset, low);
        return value;
      default:
        throw Refused{"an unknown kind of object"};
    }
  }

  std::int64_t read_integer(std::uint64_t offset, unsigned low) const {
    if (low > 4) throw Refused{"an integer of more than 16 bytes"};
    const std::size_t size = std::size_t(1) << low;
    if (size == 16) number(offset, 8);  // only its lower half has a meaning here
    return static_cast<std::int64_t>(size == 16 ? number(offset + 8, 8) : number(offset, size));
  }

  double read_real(std::uint64_t offset, unsigned low) const {
    if (low == 2) return std::bit_cast<float>(static_cast<std::uint32_t>(number(offset, 4)));
    if (low == 3) return std::bit_cast<double>(number(offset, 8));
    throw Refused{"a real number that has neither 4 nor 8 bytes"};
  }

  static std::string read_ascii(std::string_view text) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) throw Refused{"a string that is not ASCII"};
    }
    return std::string(text);
  }

  /// Only what matters to the checks: ASCII stays, anything else becomes '?'.
  static std::string read_utf16(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
      const auto high = static_cast<unsigned char>(text[i]);
      const auto low = static_cast<unsigned char>(text[i + 1]);
      result += high == 0 && low < 0x80 ? static_cast<char>(low) : '?';
    }
    return result;
  }

  JsonArray read_array(std::uint64_t offset, unsigned low) {
    const std::uint64_t count = read_count(offset, low);
    if (count > bytes_.size()) throw Refused{"an object ends outside the file"};
    slice(offset, count * ref_size_);
    JsonArray array;
    for (std::uint64_t i = 0; i < count; ++i) {
      array.push_back(read_object(reference(offset + i * ref_size_)));
    }
    return array;
  }

  JsonObject read_dictionary(std::uint64_t offset, unsigned low) {
    const std::uint64_t count = read_count(offset, low);
    if (count > bytes_.size()) throw Refused{"an object ends outside the file"};
    slice(offset, count * 2 * ref_size_);
    JsonObject object;
    for (std::uint64_t i = 0; i < count; ++i) {
      const JsonValue key = read_object(reference(offset + i * ref_size_));
      const auto* name = key.as<std::string>();
      if (name == nullptr) throw Refused{"a key that is no string"};
      object.push_back({*name, {0, 0}, read_object(reference(offset + (count + i) * ref_size_))});
    }
    return object;
  }

  std::string_view bytes_;
  std::uint64_t offset_size_ = 0, ref_size_ = 0, count_ = 0, top_ = 0, table_ = 0;
  std::vector<bool> open_;  ///< objects that are being read: meeting one again is a cycle
  std::size_t values_ = 0, depth_ = 0;
};

}  // namespace

bool is_binary_plist(std::string_view bytes) noexcept { return bytes.starts_with("bplist"); }

JsonReading read_binary_plist(std::string_view bytes) {
  JsonReading reading;
  try {
    if (!bytes.starts_with(kMagic))
      throw Refused{"a version of binary property lists other than 00"};
    if (bytes.size() > kJsonSize) {
      throw Refused{fmt::format("the file has more than {} bytes", kJsonSize)};
    }
    reading.value = BinaryReader(bytes).read_top();
  } catch (const Refused& refused) {
    reading.faults.push_back({{0, 0}, refused.reason});
  }
  return reading;
}

}  // namespace stravinsky::hooks

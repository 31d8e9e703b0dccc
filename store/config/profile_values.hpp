#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/profile_settings.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

/// The values of one profile, and what complaints about them need. All of these throw Error
/// Invalid, with the place in the file.
class ProfileValues {
 public:
  ProfileValues(const JsonMember& member, const ProfileSource& source)
      : name_(member.key), source_(source) {}

  /// About a value, in the profile.
  Error fault(const JsonValue& value, const std::string& reason) const;
  Error fault_at(JsonPosition at, const std::string& reason) const;
  void warn_of_unknown(const JsonMember& part, const std::vector<std::string>& known) const;

  const JsonObject& object(const JsonValue& value, std::string_view what) const;
  const JsonArray& array(const JsonValue& value, std::string_view what) const;
  /// A string that a system call or a line of patterns can hold.
  const std::string& text(const JsonValue& value, std::string_view what) const;
  std::vector<std::string> texts(const JsonMember& part) const;
  /// A whole number of `unit`.
  std::uint64_t number(const JsonMember& part, std::uint64_t least, std::uint64_t most,
                       std::string_view unit) const;

 private:
  const std::string& name_;
  const ProfileSource& source_;
};

}  // namespace stravinsky

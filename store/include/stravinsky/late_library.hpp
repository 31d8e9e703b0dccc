#pragma once

namespace stravinsky {

/// A shared library that is loaded when it is first needed, and stays. With the program it would be
/// loaded by every command: libgit2 and libarchive bring 24 others along, which took a third of the
/// time of `snapshot --skip-if-unchanged`, and few commands call any of them. Threads: any.
class LateLibrary {
 public:
  /// @param name  as the dynamic loader knows it, such as `libarchive.so.13`; not copied
  /// @throws Error Io: it is not there
  explicit LateLibrary(const char* name);
  /// @returns a pointer to the function. @throws Error Io: the library has none of that name
  template <typename Function>
  Function find(const char* name) const {
    return reinterpret_cast<Function>(address_of(name));
  }

 private:
  void* address_of(const char* name) const;

  const char* name_;
  void* handle_;
};

}  // namespace stravinsky

/// A member that points to a function of `library`, a LateLibrary declared before it, and has that
/// function's name and type.
// NOLINTBEGIN(bugprone-macro-parentheses): a name, where no parentheses may stand
#define STRAVINSKY_LATE(function) \
  decltype(&::function) function = library.find<decltype(&::function)>(#function)
// NOLINTEND(bugprone-macro-parentheses)

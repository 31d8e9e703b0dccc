#include "stravinsky/late_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky {
namespace {

[[noreturn]] void fail(const char* name) {
  const char* reason = dlerror();
  throw Error(Errc::Io, fmt::format("cannot load the library {}", quoted(name)),
              reason != nullptr ? reason : "the loader gives no reason",
              "install the package that has it");
}

}  // namespace

LateLibrary::LateLibrary(const char* name)
    : name_(name), handle_(dlopen(name, RTLD_LAZY | RTLD_LOCAL)) {
  if (handle_ == nullptr) fail(name_);
}

void* LateLibrary::address_of(const char* name) const {
  void* address = dlsym(handle_, name);
  if (address == nullptr) fail(name_);
  return address;
}

}  // namespace stravinsky

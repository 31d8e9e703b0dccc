#include "fs/system_facts.hpp"

#include <sys/utsname.h>
#include <unistd.h>

namespace stravinsky::fs {

SystemFacts system_facts() {
  SystemFacts facts{.uid = geteuid(), .gid = getegid(), .os = {}, .machine = {}};
  utsname names{};
  if (uname(&names) == 0) {
    facts.os = names.sysname;
    facts.machine = names.machine;
  }
  return facts;
}

}  // namespace stravinsky::fs

#pragma once

#include <vector>

#include "restore/open_operation.hpp"
#include "restore/plan_draft.hpp"
#include "restore/restore_log.hpp"

namespace stravinsky {

/// A root with `switch: directory` changes in one step, so that no reader ever sees a mix: all that
/// is planned for it becomes one exchange of the whole directory. Where a single name changes, that
/// is such a step already.
/// @throws Error Denied, Io: an entry cannot be read; Invalid: the root holds what would not come
/// along, is a symlink or has a filesystem mounted in it, or only a part of it is asked for; Busy:
/// a process has a directory of it open
void gather_whole_roots(const PlanSource& source, PlanDraft& draft);

/// The last look before anything live changes: what was staged for whole roots is complete, and the
/// filesystem can exchange directories. @param logs  one for each profile
/// @throws Error Corrupt, Invalid, Denied
void require_whole_roots(OpenOperation& operation, std::vector<RestoreLog>& logs);

}  // namespace stravinsky

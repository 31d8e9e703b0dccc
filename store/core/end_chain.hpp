#pragma once

#include <memory>
#include <utility>

namespace stravinsky {

/// Gives up `link` in the destructor of a T that holds the next T by it: one after the other, each
/// taken out of the one before, since chains may be longer than the stack is deep.
///
/// (To follow the chain while use_count() is 1 would be a race: it does not wait for what the
/// thread that gave up the other reference wrote.)
template <typename T>
void end_chain(std::shared_ptr<T>& link) noexcept {
  thread_local std::shared_ptr<T>* going = nullptr;
  if (going != nullptr) {
    *going = std::move(link);
    return;
  }
  std::shared_ptr<T> next = std::move(link);
  going = &next;
  while (next) {
    const std::shared_ptr<T> last = std::move(next);  // its destructor comes back here
  }
  going = nullptr;
}

}  // namespace stravinsky

#include "core/end_chain.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace stravinsky;

namespace {

struct Link {
  explicit Link(std::atomic<int>& count) : alive(count) { ++alive; }
  ~Link() {
    --alive;
    end_chain(next);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  std::atomic<int>& alive;
  std::shared_ptr<Link> next;
};

std::shared_ptr<Link> chain_of(int length, std::atomic<int>& alive) {
  std::shared_ptr<Link> first;
  for (int i = 0; i < length; ++i) {
    auto link = std::make_shared<Link>(alive);
    link->next = std::move(first);
    first = std::move(link);
  }
  return first;
}

}  // namespace

TEST_CASE("core: a chain longer than the stack ends") {
  std::atomic<int> alive{0};
  { const auto first = chain_of(1'000'000, alive); }
  CHECK(alive == 0);
}

TEST_CASE("core: a chain ends where somebody else still holds it") {
  std::atomic<int> alive{0};
  std::shared_ptr<Link> first = chain_of(1000, alive);
  std::shared_ptr<Link> middle = first;
  for (int i = 0; i < 400; ++i) middle = middle->next;
  first.reset();
  CHECK(alive == 600);
  middle.reset();
  CHECK(alive == 0);
}

TEST_CASE("core: threads that end chains with a common tail leave nothing of it") {
  std::atomic<int> alive{0};
  std::vector<std::shared_ptr<Link>> heads;
  std::shared_ptr<Link> tail = chain_of(1000, alive);
  for (int i = 0; i < 64; ++i) {
    heads.push_back(std::make_shared<Link>(alive));
    heads.back()->next = tail;
  }
  tail.reset();
  std::atomic<std::size_t> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = taken++; at < heads.size(); at = taken++) heads[at].reset();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(alive == 0);
}

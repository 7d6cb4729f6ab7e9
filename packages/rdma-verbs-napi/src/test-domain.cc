#include "test-domain.h"

#include <atomic>

namespace rdma {

namespace {

// As devices make them: a number above that no other domain has, and a byte below that changes with
// each use.
uint32_t NextKey() {
  static std::atomic<uint32_t> last = 1;
  const uint32_t number = ++last;
  return number << 8 | (number * 37 & 0x7f);
}

}  // namespace

TestRegion::TestRegion(Memory memory, unsigned access, std::shared_ptr<Keys> keys, uint32_t key)
    : Region(std::move(memory), access), keys_(std::move(keys)) {
  local_key = key;
  remote_key = key;
  keys_->emplace(key, Grant{data(), size(), access, nullptr});
}

Problem TestDomain::MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) {
  *result = std::make_shared<TestRegion>(std::move(memory), access, keys_, NextKey());
  return {};
}

Problem TestDomain::MakeWindow(std::shared_ptr<Window>* result) {
  *result = std::make_shared<TestWindow>(keys_, NextKey());
  return {};
}

uint8_t* TestDomain::Check(uint32_t key, uint64_t address, uint64_t size, unsigned access, const void* owner) const {
  const auto found = keys_->find(key);
  if (found == keys_->end()) return nullptr;
  const Grant& grant = found->second;
  if ((grant.access & access) != access) return nullptr;
  if (grant.owner != nullptr && grant.owner != owner) return nullptr;
  const auto first = reinterpret_cast<uint64_t>(grant.data);
  if (address < first || size > grant.size || address - first > grant.size - size) return nullptr;
  return grant.data + (address - first);
}

bool TestDomain::Bind(Window* window, uint32_t key, std::shared_ptr<Region> region, Grant grant) {
  if ((region->access() & kWindowBind) == 0) return false;
  if ((grant.access & kRemoteWrite) != 0 && (region->access() & kLocalWrite) == 0) return false;
  // Only the lowest byte of a key may be chosen, and a bound window must be invalidated first.
  if ((key ^ window->key) >> 8 != 0 || keys_->contains(window->key)) return false;
  window->key = key;
  window->region = std::move(region);
  keys_->emplace(key, grant);
  return true;
}

bool TestDomain::Invalidate(uint32_t key, const void* owner) {
  const auto found = keys_->find(key);
  if (found == keys_->end() || found->second.owner != owner) return false;
  keys_->erase(found);
  return true;
}

}  // namespace rdma

#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

namespace rdma {

std::shared_ptr<Pages> Pages::Make(size_t size) {
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return nullptr;
  return std::make_shared<Pages>(static_cast<uint8_t*>(data), size);
}

Pages::~Pages() { munmap(data_, size_); }

namespace {

// Of regions and windows: one of another domain must not be taken for one of ours.
std::atomic<uint32_t> next_id = 1;

template <typename Map>
typename Map::mapped_type Find(const Map& map, uint32_t id) {
  const auto found = map.find(id);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

Problem Domain::Register(Memory memory, unsigned access, std::shared_ptr<Region>* result) {
  const Problem problem = MakeRegion(std::move(memory), access, result);
  if (problem) return problem;
  (*result)->id = next_id++;
  regions_.emplace((*result)->id, *result);
  return {};
}

std::shared_ptr<Region> Domain::FindRegion(uint32_t id) const { return Find(regions_, id); }

Problem Domain::CreateWindow(std::shared_ptr<Window>* result) {
  const Problem problem = MakeWindow(result);
  if (problem) return problem;
  (*result)->id = next_id++;
  windows_.emplace((*result)->id, *result);
  return {};
}

std::shared_ptr<Window> Domain::FindWindow(uint32_t id) const { return Find(windows_, id); }

void Domain::CloseWindows() {
  for (const auto& [id, window] : windows_) window->Close();
  windows_.clear();
}

void Domain::Clear() {
  windows_.clear();
  regions_.clear();
}

void Domains::Add(const std::shared_ptr<Domain>& domain) {
  std::erase_if(domains_, [](const auto& each) { return each.expired(); });
  domains_.push_back(domain);
}

void Domains::Clear() {
  for (const auto& each : std::exchange(domains_, {})) {
    if (const auto domain = each.lock()) domain->Clear();
  }
}

}  // namespace rdma

#pragma once

#include <memory>
#include <unordered_map>

#include "memory.h"

namespace rdma {

// What a remote key opens.
struct Grant {
  uint8_t* data = nullptr;
  size_t size = 0;
  unsigned access = 0;
  // Of a window: the connection that has bound it. Of a region: null.
  const void* owner = nullptr;
};

// The keys that the test provider's device knows.
using Keys = std::unordered_map<uint32_t, Grant>;

class TestRegion final : public Region {
 public:
  TestRegion(Memory memory, unsigned access, std::shared_ptr<Keys> keys, uint32_t key);
  ~TestRegion() override { keys_->erase(remote_key); }

 private:
  std::shared_ptr<Keys> keys_;
};

class TestWindow final : public Window {
 public:
  TestWindow(std::shared_ptr<Keys> keys, uint32_t first_key) : keys_(std::move(keys)) { key = first_key; }
  ~TestWindow() override { keys_->erase(key); }

 private:
  std::shared_ptr<Keys> keys_;
};

// The protection domain of one connection of the test provider.
class TestDomain final : public Domain {
 public:
  // The memory behind a key, or null where a device would refuse.
  uint8_t* Check(uint32_t key, uint64_t address, uint64_t size, unsigned access, const void* owner) const;
  bool Bind(Window* window, uint32_t key, std::shared_ptr<Region> region, Grant grant);
  // Keys of windows only: a peer must not take a plain region away.
  bool Invalidate(uint32_t key, const void* owner);

 protected:
  Problem MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) override;
  Problem MakeWindow(std::shared_ptr<Window>* result) override;

 private:
  std::shared_ptr<Keys> keys_ = std::make_shared<Keys>();
};

}  // namespace rdma

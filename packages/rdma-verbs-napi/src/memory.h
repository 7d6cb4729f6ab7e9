#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rdma {

// As ibv_access_flags.
enum Access : unsigned { kLocalWrite = 1, kRemoteWrite = 2, kRemoteRead = 4, kWindowBind = 16 };

// Why something could not be done: a kind of RdmaErrorKind, words, and an errno.
struct Problem {
  const char* kind = nullptr;
  std::string words;
  int error = 0;
  explicit operator bool() const { return kind != nullptr; }
};

// Memory in whole pages, zeroed; unmapped with the last owner.
class Pages {
 public:
  static std::shared_ptr<Pages> Make(size_t size);
  Pages(uint8_t* data, size_t size) : data_(data), size_(size) {}
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  uint8_t* data() const { return data_; }

 private:
  uint8_t* data_;
  size_t size_;
};

// What is to be registered, and who keeps it where it is.
struct Memory {
  std::shared_ptr<void> owner;
  uint8_t* data = nullptr;
  size_t size = 0;
};

// Registered memory. Gone from the device when the last work request that uses it is.
class Region {
 public:
  Region(Memory memory, unsigned access) : memory_(std::move(memory)), access_(access) {}
  virtual ~Region() = default;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  uint32_t id = 0;
  uint32_t local_key = 0;
  uint32_t remote_key = 0;

  uint8_t* data() const { return memory_.data; }
  size_t size() const { return memory_.size; }
  unsigned access() const { return access_; }
  uint64_t address() const { return reinterpret_cast<uint64_t>(memory_.data); }

 protected:
  Memory memory_;
  unsigned access_;
};

// A memory window of type 2.
class Window {
 public:
  virtual ~Window() = default;
  // Gives it back to the device; it opens nothing any more.
  virtual void Close() {}
  uint32_t id = 0;
  uint32_t key = 0;
  // What it is bound to cannot be deregistered before it.
  std::shared_ptr<Region> region;
};

// A protection domain: regions and windows by their numbers, which no other domain of the process has.
class Domain {
 public:
  Domain() = default;
  virtual ~Domain() = default;
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;

  Problem Register(Memory memory, unsigned access, std::shared_ptr<Region>* result);
  void CloseRegion(uint32_t id) { regions_.erase(id); }
  std::shared_ptr<Region> FindRegion(uint32_t id) const;
  Problem CreateWindow(std::shared_ptr<Window>* result);
  void CloseWindow(uint32_t id) { windows_.erase(id); }
  void CloseWindows();
  std::shared_ptr<Window> FindWindow(uint32_t id) const;
  // For the end of the environment.
  void Clear();

 protected:
  virtual Problem MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) = 0;
  virtual Problem MakeWindow(std::shared_ptr<Window>* result) = 0;

 private:
  std::unordered_map<uint32_t, std::shared_ptr<Region>> regions_;
  std::unordered_map<uint32_t, std::shared_ptr<Window>> windows_;
};

// Domains that may still be in use, whoever holds them.
class Domains {
 public:
  void Add(const std::shared_ptr<Domain>& domain);
  // Empties all of them.
  void Clear();

 private:
  std::vector<std::weak_ptr<Domain>> domains_;
};

}  // namespace rdma

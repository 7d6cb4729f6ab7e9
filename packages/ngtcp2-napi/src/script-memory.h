#pragma once

#include <napi.h>

#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "stream.h"
#include "udp-socket.h"

namespace quic {

// Memory that JavaScript and this addon share.

class OwnedBytes final : public Keeper {
 public:
  explicit OwnedBytes(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

class ArrayKeeper final : public Keeper {
 public:
  explicit ArrayKeeper(const Napi::Uint8Array& array) : reference_(Napi::Persistent(array.As<Napi::Object>())) {}

 private:
  Napi::ObjectReference reference_;
};

// A Uint8Array that is filled. Its memory is looked up anew whenever JavaScript may have run: the
// array may have been transferred away.
class ArrayTarget final : public ReceiveTarget {
 public:
  ArrayTarget(const Napi::Uint8Array& array, std::shared_ptr<DatagramBuffers> buffers)
      : reference_(Napi::Persistent(array.As<Napi::Object>())), buffers_(std::move(buffers)) {}

  std::span<uint8_t> Span() override {
    if (epoch_ != buffers_->epoch) {
      Napi::HandleScope scope(reference_.Env());
      auto array = reference_.Value().As<Napi::Uint8Array>();
      span_ = std::span<uint8_t>(array.Data(), array.ByteLength());
      epoch_ = buffers_->epoch;
    }
    return span_;
  }

 private:
  Napi::ObjectReference reference_;
  std::shared_ptr<DatagramBuffers> buffers_;
  std::span<uint8_t> span_;
  uint64_t epoch_ = UINT64_MAX;
};

inline Napi::Value BytesOf(Napi::Env env, std::span<const uint8_t> bytes) {
  auto array = Napi::Uint8Array::New(env, bytes.size());
  // Nothing can be made in a worker that is being terminated.
  if (array.IsEmpty() || array.Data() == nullptr) return env.Undefined();
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

}  // namespace quic

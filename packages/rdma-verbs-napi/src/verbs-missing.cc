#include "verbs-provider.h"

#if !__has_include(<rdma/rdma_cma.h>)

namespace rdma {

namespace {

class MissingProvider final : public Provider {
 public:
  std::string Unavailable() override {
    return "rdma-verbs-napi is built without libibverbs and librdmacm (apt-get install libibverbs-dev "
           "librdmacm-dev, then npm run build:addon)";
  }
  std::vector<DeviceInfo> Devices() override { return {}; }
  Problem Resolve(const std::string&, uint16_t, const std::string&, int, std::shared_ptr<Connection>*) override {
    return {"unavailable", Unavailable(), 0};
  }
  Problem Listen(const std::string&, uint16_t, int, Incoming, std::shared_ptr<Listener>*) override {
    return {"unavailable", Unavailable(), 0};
  }
  void Close() override {}
};

}  // namespace

std::unique_ptr<Provider> MakeVerbsProvider(Loop&) { return std::make_unique<MissingProvider>(); }

}  // namespace rdma

#endif

#pragma once

#include <memory>

#include "connection.h"

namespace rdma {

// The provider on libibverbs and librdmacm. Where the addon was compiled without their headers it
// says so, and can do nothing else.
std::unique_ptr<Provider> MakeVerbsProvider(Loop& loop);

}  // namespace rdma

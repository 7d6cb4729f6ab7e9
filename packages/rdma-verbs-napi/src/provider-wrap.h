#pragma once

#include <napi.h>

#include "connection.h"

namespace rdma {

// The functions of a provider as an object; the provider lives as long as the environment.
Napi::Object MakeProviderObject(Napi::Env env, Provider& provider);

}  // namespace rdma

#pragma once

#include <ngtcp2/ngtcp2.h>

namespace quic {

// What ngtcp2 calls; user_data is the Connection.
ngtcp2_callbacks MakeCallbacks(bool is_server);

}  // namespace quic

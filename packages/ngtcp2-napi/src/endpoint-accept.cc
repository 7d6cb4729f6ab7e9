// How a server takes in datagrams: routing by connection id, version negotiation, Retry, new
// connections, stateless reset.

#include <algorithm>

#include "endpoint.h"

namespace quic {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kRetryTokenLifetime = 10 * kSecond;
constexpr uint64_t kTokenLifetime = 24 * 3600 * kSecond;
constexpr size_t kResetsPerSecond = 100;
// A packet must be longer than the reset that answers it, or two servers could play ping-pong.
constexpr size_t kMinResetTrigger = 43;

uint64_t WallClock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * kSecond + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

void Endpoint::Listen(ServerOptions options) {
  server_ = std::make_unique<ServerOptions>(std::move(options));
  // Tokens made by one server of a group are good for the others, which share the secret.
  token_secret_ = server_->connection.reset_secret;
  token_secret_[0] ^= 0x5a;
  is_listening_ = true;
  was_used_ = true;
  UpdateReference();
}

void Endpoint::StopListening() {
  if (!is_listening_) return;
  is_listening_ = false;
  UpdateReference();
  CheckIdle();
}

Peer* Endpoint::Route(const Datagram& datagram) {
  if (server_ == nullptr) return nullptr;
  ngtcp2_version_cid version;
  const int code = ngtcp2_pkt_decode_version_cid(&version, datagram.bytes.data(), datagram.bytes.size(), kCidLength);
  if (code == NGTCP2_ERR_VERSION_NEGOTIATION) {
    if (is_listening_) SendVersionNegotiation(datagram, version);
    return nullptr;
  }
  if (code != 0) return nullptr;
  const auto found = by_cid_.find(Key(version.dcid, version.dcidlen));
  if (found != by_cid_.end()) return found->second;
  const bool is_long = (datagram.bytes[0] & 0x80) != 0;
  if (!is_long) {
    SendStatelessReset(datagram, {version.dcid, version.dcidlen});
    return nullptr;
  }
  if (!is_listening_) return nullptr;
  // ngtcp2 knows more versions than this server may want to speak.
  const auto& versions = server_->connection.versions;
  if (version.version != 0 && std::find(versions.begin(), versions.end(), version.version) == versions.end()) {
    SendVersionNegotiation(datagram, version);
    return nullptr;
  }
  return Accept(datagram);
}

Peer* Endpoint::Accept(const Datagram& datagram) {
  Initial initial;
  if (ngtcp2_accept(&initial.header, datagram.bytes.data(), datagram.bytes.size()) != 0) return nullptr;
  if (peers_.size() >= server_->max_connections) return nullptr;
  ConnectionOptions options = server_->connection;
  if (!CheckToken(datagram, &initial, &options)) return nullptr;
  auto peer = std::make_shared<Peer>(this);
  std::string error;
  peer->connection = Connection::Server(std::move(options), datagram.local, datagram.remote, initial, peer.get(), now_, &error);
  if (peer->connection == nullptr) return nullptr;
  peer->is_counted = true;
  open_count_ += 1;
  handshakes_ += 1;
  peer->AddCid(initial.header.dcid);
  for (const auto& cid : peer->connection->Cids()) peer->AddCid(cid);
  peers_.emplace(peer.get(), peer);
  return peer.get();
}

// Whether the client's address is known well enough to go on.
bool Endpoint::CheckToken(const Datagram& datagram, Initial* initial, ConnectionOptions* options) {
  const auto& header = initial->header;
  const auto* token = header.tokenlen == 0 ? nullptr : datagram.bytes.data();
  if (token != nullptr) {
    // The header's token points into the datagram.
    const std::span<const uint8_t> bytes(header.token, header.tokenlen);
    if (bytes[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
      ngtcp2_cid original;
      const int code = ngtcp2_crypto_verify_retry_token2(
          &original, bytes.data(), bytes.size(), token_secret_.data(), token_secret_.size(), header.version,
          datagram.remote.data(), datagram.remote.size(), &header.dcid, kRetryTokenLifetime, WallClock());
      if (code != 0) {
        RefuseToken(datagram, header);
        return false;
      }
      initial->original_dcid = original;
      initial->token_type = NGTCP2_TOKEN_TYPE_RETRY;
      options->token.assign(bytes.begin(), bytes.end());
      return true;
    }
    if (bytes[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR &&
        ngtcp2_crypto_verify_regular_token(bytes.data(), bytes.size(), token_secret_.data(), token_secret_.size(),
                                           datagram.remote.data(), datagram.remote.size(), kTokenLifetime,
                                           WallClock()) == 0) {
      initial->token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
      options->token.assign(bytes.begin(), bytes.end());
      return true;
    }
  }
  const bool asks = server_->retry == ServerOptions::Retry::kAlways ||
                    (server_->retry == ServerOptions::Retry::kAuto && handshakes_ >= server_->retry_threshold);
  if (asks) SendRetry(datagram, header);
  return !asks;
}

void Endpoint::SendTo(const Datagram& datagram, std::span<const uint8_t> bytes) {
  DatagramBatch batch;
  batch.bytes = bytes.data();
  batch.items.push_back({static_cast<uint32_t>(bytes.size()), 0});
  batch.local = datagram.local;
  batch.remote = datagram.remote;
  if (!socket_.is_blocked()) socket_.Send(batch);
}

void Endpoint::SendVersionNegotiation(const Datagram& datagram, const ngtcp2_version_cid& version) {
  // Only to what could be a first packet: anything shorter would be amplified.
  if (datagram.bytes.size() < NGTCP2_MAX_UDP_PAYLOAD_SIZE) return;
  std::array<uint8_t, 256> bytes;
  uint8_t random = 0;
  Random({&random, 1});
  const auto& versions = server_->connection.versions;
  const auto size = ngtcp2_pkt_write_version_negotiation(bytes.data(), bytes.size(), random, version.scid,
                                                         version.scidlen, version.dcid, version.dcidlen,
                                                         versions.data(), versions.size());
  if (size > 0) SendTo(datagram, {bytes.data(), static_cast<size_t>(size)});
}

void Endpoint::SendRetry(const Datagram& datagram, const ngtcp2_pkt_hd& header) {
  ngtcp2_cid scid{};
  scid.datalen = kCidLength;
  Random({scid.data, kCidLength});
  std::array<uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2> token;
  const auto token_size = ngtcp2_crypto_generate_retry_token2(
      token.data(), token_secret_.data(), token_secret_.size(), header.version, datagram.remote.data(),
      datagram.remote.size(), &scid, &header.dcid, WallClock());
  if (token_size < 0) return;
  std::array<uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> bytes;
  const auto size = ngtcp2_crypto_write_retry(bytes.data(), bytes.size(), header.version, &header.scid, &scid,
                                              &header.dcid, token.data(), static_cast<size_t>(token_size));
  if (size > 0) SendTo(datagram, {bytes.data(), static_cast<size_t>(size)});
}

void Endpoint::RefuseToken(const Datagram& datagram, const ngtcp2_pkt_hd& header) {
  std::array<uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> bytes;
  const auto size = ngtcp2_crypto_write_connection_close(bytes.data(), bytes.size(), header.version, &header.scid,
                                                         &header.dcid, NGTCP2_INVALID_TOKEN, nullptr, 0);
  if (size > 0) SendTo(datagram, {bytes.data(), static_cast<size_t>(size)});
}

void Endpoint::SendStatelessReset(const Datagram& datagram, std::span<const uint8_t> dcid) {
  if (datagram.bytes.size() < kMinResetTrigger || dcid.size() != kCidLength) return;
  const uint64_t second = now_ / kSecond;
  if (second != reset_second_) {
    reset_second_ = second;
    reset_budget_ = kResetsPerSecond;
  }
  if (reset_budget_ == 0) return;
  reset_budget_ -= 1;
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, dcid.data(), dcid.size());
  std::array<uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN> token;
  const auto& secret = server_->connection.reset_secret;
  if (ngtcp2_crypto_generate_stateless_reset_token(token.data(), secret.data(), secret.size(), &cid) != 0) return;
  const size_t random_size = std::min<size_t>(datagram.bytes.size() - NGTCP2_STATELESS_RESET_TOKENLEN - 1, 48);
  std::array<uint8_t, 64> random;
  Random({random.data(), random_size});
  std::array<uint8_t, 128> bytes;
  const auto size = ngtcp2_pkt_write_stateless_reset(bytes.data(), bytes.size(), token.data(), random.data(), random_size);
  if (size > 0) SendTo(datagram, {bytes.data(), static_cast<size_t>(size)});
}

// A token with which the same client need not be asked for a Retry next time.
void Endpoint::IssueToken(Peer& peer) {
  const auto* path = ngtcp2_conn_get_path(peer.connection->handle());
  std::array<uint8_t, NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN> token;
  const auto size =
      ngtcp2_crypto_generate_regular_token(token.data(), token_secret_.data(), token_secret_.size(), path->remote.addr,
                                           path->remote.addrlen, WallClock());
  if (size > 0) peer.connection->SubmitToken({token.data(), static_cast<size_t>(size)});
}

}  // namespace quic

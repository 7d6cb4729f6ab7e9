// What a connection tells JavaScript from the event loop: events, and bytes that have arrived.

#include "connection-wrap.h"
#include "script-memory.h"

namespace quic {

namespace {

bool IsEnding(Event::Type type) {
  return type == Event::Type::kStreamClosed || type == Event::Type::kStreamReset || type == Event::Type::kClosed;
}

}  // namespace

void ConnectionWrap::OnTargetFull() { DeliverNews(); }

void ConnectionWrap::OnProgress() {
  if (peer_ == nullptr || on_event_.IsEmpty()) return;
  // The object may be collected once it has told of its end.
  const auto peer = peer_;
  Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Value self = Value();
  for (int round = 0; round < 4 && peer_ != nullptr; ++round) {
    auto events = peer->connection->TakeEvents();
    DeliverEvents(events, false);
    DeliverNews();
    DeliverEvents(events, true);
    if (!peer->connection->has_events()) break;
  }
}

void ConnectionWrap::DeliverEvents(std::vector<Event>& events, bool ending) {
  for (const auto& event : events) {
    if (peer_ == nullptr) return;
    if (IsEnding(event.type) == ending) DeliverEvent(event);
  }
}

void ConnectionWrap::DeliverEvent(const Event& event) {
  const auto env = Env();
  Napi::HandleScope scope(env);
  const Napi::Value bytes = event.bytes.empty() ? env.Undefined() : BytesOf(env, event.bytes);
  environment_->Call(on_event_, *context_,
                     {Napi::Number::New(env, static_cast<double>(event.type)), Napi::Number::New(env, event.key),
                      Napi::Number::New(env, static_cast<double>(event.value)), Napi::Boolean::New(env, event.flag), bytes});
  if (event.type == Event::Type::kClosed && is_kept_) {
    is_kept_ = false;
    Unref();
  }
}

void ConnectionWrap::DeliverNews() {
  if (peer_ == nullptr) return;
  const auto peer = peer_;
  for (const auto key : peer->connection->TakeNews()) {
    if (peer_ == nullptr) return;
    DeliverStream(key);
  }
}

// Tells how far the target was filled and takes the next one, until there is nothing to tell.
void ConnectionWrap::DeliverStream(uint32_t key) {
  const auto peer = peer_;
  const auto env = Env();
  for (;;) {
    auto* stream = peer->connection->Find(key);
    if (stream == nullptr || !stream->receive.has_target() || stream->end_reported) return;
    const bool is_end = stream->receive.is_at_end();
    if (stream->receive.filled() == 0 && !is_end) return;
    size_t filled = 0;
    const auto given_back = stream->receive.TakeTarget(&filled);
    if (is_end) stream->end_reported = true;
    Napi::HandleScope scope(env);
    const auto next = environment_->Call(
        on_fill_, *context_,
        {Napi::Number::New(env, key), Napi::Number::New(env, static_cast<double>(filled)), Napi::Boolean::New(env, is_end)});
    if (peer_ == nullptr || is_end || next.IsEmpty() || !next.IsTypedArray()) return;
    // JavaScript ran: the stream may be gone, or have another target by now.
    stream = peer->connection->Find(key);
    if (stream == nullptr || stream->receive.has_target()) return;
    peer->connection->SetTarget(*stream, std::make_unique<ArrayTarget>(next.As<Napi::Uint8Array>(), environment_->buffers()));
  }
}

}  // namespace quic

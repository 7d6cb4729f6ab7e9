import type { VerbsConnection } from "./verbs.ts";

/** RDMA READs of the peer that we answer at once: a WRITE's data are fetched with them. */
export const RESPONDER_RESOURCES = 32;

const NOTHING = new Uint8Array(0);

/**
 * What a connection request carries: with iWARP, whose set-up knows no such thing, the READs that we
 * answer at once and those that we start (IRD and ORD), big-endian; else nothing. We start none, but
 * some peers take a zero for an error.
 */
export function privateData({ transport, limits }: VerbsConnection["device"]): Uint8Array {
  if (transport !== "iwarp") return NOTHING;
  const answered = Math.min(RESPONDER_RESOURCES, limits?.maxReadsAnswered ?? RESPONDER_RESOURCES);
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, answered);
  view.setUint32(4, Math.max(1, Math.min(RESPONDER_RESOURCES, limits?.maxReadsStarted ?? 1)));
  return new Uint8Array(view.buffer);
}

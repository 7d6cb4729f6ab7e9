import { ProtocolError } from "../errors.ts";
import { type NegotiateContext, RdmaTransformId } from "../smb2/negotiate-contexts.ts";
import type { Transport } from "../transport.ts";

const OFFERED: readonly number[] = [RdmaTransformId.SIGNING, RdmaTransformId.ENCRYPTION];

/** What NEGOTIATE offers over a wire that places data directly ([MS-SMB2] 3.2.4.2.2.2). */
export function offeredRdmaTransforms({ rdma }: Transport): readonly number[] {
  return rdma === undefined ? [] : OFFERED;
}

/** The context that offers `ids`; none where there is nothing to offer. */
export function rdmaTransformContexts(ids: readonly number[]): NegotiateContext[] {
  return ids.length === 0 ? [] : [{ kind: "rdma-transform", rdmaTransformIds: ids }];
}

/**
 * Connection.RDMATransformIds ([MS-SMB2] 3.2.5.2): how data that go by RDMA may be protected.
 *
 * @throws {ProtocolError} where the server chose what was not offered, or says it twice
 */
export function agreedRdmaTransforms(
  contexts: readonly NegotiateContext[],
  offered: readonly number[],
): readonly number[] {
  const found = contexts.filter((context) => context.kind === "rdma-transform");
  if (found.length > 1) {
    throw new ProtocolError(
      `The server sent ${found.length} rdma-transform contexts instead of one`,
    );
  }
  const ids = new Set(found[0]?.rdmaTransformIds);
  ids.delete(RdmaTransformId.NONE);
  for (const id of ids) {
    if (offered.includes(id)) continue;
    throw new ProtocolError(`The server chose RDMA transform ${id}, which was not offered`);
  }
  return [...ids];
}

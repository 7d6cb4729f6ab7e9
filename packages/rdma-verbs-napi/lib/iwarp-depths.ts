/**
 * iWARP's connection set-up tells nothing of RDMA READ depths (IRD and ORD) unless both sides speak
 * its second version, so SMB Direct sends them as private data: two numbers of 32 bits, big-endian.
 * Each side names its own, so what the peer can answer (its IRD) is what we may start, and the other
 * way round.
 */
export interface IwarpDepths {
  /** IRD: the READs that the sender of these bytes answers at once. */
  readonly responderResources: number;
  /** ORD: the READs that it starts at once. */
  readonly initiatorDepth: number;
}

/** The eight bytes to send. */
export function encodeIwarpDepths(own: IwarpDepths): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, own.responderResources);
  view.setUint32(4, own.initiatorDepth);
  return bytes;
}

/** What the peer said, or undefined where it said nothing of the kind. */
export function decodeIwarpDepths(privateData: Uint8Array): IwarpDepths | undefined {
  if (privateData.length < 8) return undefined;
  const view = new DataView(privateData.buffer, privateData.byteOffset, 8);
  return { responderResources: view.getUint32(0), initiatorDepth: view.getUint32(4) };
}

import { UnsupportedError } from "../../core/errors.ts";
import type { TransportFactory } from "../../core/transport.ts";

const MISSING = "SMB Direct needs the rdma-verbs-napi addon, which is not part of this release";

/** SMB Direct ([MS-SMBD]): RDMA, port 445. Not usable yet; it says why. */
export function smbDirectTransport(): TransportFactory {
  return {
    kind: "smbdirect",
    defaultPort: 445,
    unavailable: () => MISSING,
    dial: () => Promise.reject(new UnsupportedError(MISSING)),
  };
}

import type { MessageSecurity } from "../connection/message-security.ts";
import type { NegotiatedParameters } from "../connection/negotiated-parameters.ts";
import { RdmaTransformType } from "../smb2/rdma-transform.ts";
import type { AnyRequestSpec } from "./request-spec.ts";

/** How data that go by RDMA are protected. */
export interface PlacementProtection {
  /** RdmaTransformType; undefined where the session asks for no protection. */
  readonly transform: number | undefined;
  /** The request itself must be encrypted, as the server then does with its part. */
  readonly encrypt: boolean;
}

/**
 * How the data of a request may go by RDMA, or undefined where they may not. RDMA passes by what
 * protects messages, so a session that signs or encrypts needs a transform that the server has agreed
 * on ([MS-SMB2] 3.2.4.6, 3.2.4.7). A session that signs, with a server that can only encrypt, has its
 * READs and WRITEs encrypted: that protects more than it asked for, and the data still go directly.
 */
export function protectionFor(
  spec: Pick<AnyRequestSpec, "encrypt" | "sign">,
  security: MessageSecurity,
  { rdmaTransforms }: NegotiatedParameters,
): PlacementProtection | undefined {
  const { ENCRYPTION, SIGNING } = RdmaTransformType;
  const canEncrypt = rdmaTransforms.includes(ENCRYPTION) && security.sealing !== undefined;
  if (security.encryptionRequired || spec.encrypt === true) {
    return canEncrypt ? { transform: ENCRYPTION, encrypt: true } : undefined;
  }
  if (!security.signs(spec.sign === true)) return { transform: undefined, encrypt: false };
  if (rdmaTransforms.includes(SIGNING)) return { transform: SIGNING, encrypt: false };
  return canEncrypt ? { transform: ENCRYPTION, encrypt: true } : undefined;
}

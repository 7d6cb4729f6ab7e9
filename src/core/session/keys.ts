import { MessageSecurity, type SealingKeys } from "../connection/message-security.ts";
import type { NegotiatedParameters } from "../connection/negotiated-parameters.ts";
import { deriveKey } from "../crypto/kdf.ts";
import { createSealer } from "../crypto/sealing.ts";
import { createSigner, type Signer } from "../crypto/signing.ts";
import { CipherId, Dialect } from "../smb2/constants.ts";

/** [MS-SMB2] 3.2.5.3.1: labels and contexts of the key derivation, each with its trailing NUL. */
const LABELS_3_0 = {
  signing: ["SMB2AESCMAC\0", "SmbSign\0"],
  outgoing: ["SMB2AESCCM\0", "ServerIn \0"],
  incoming: ["SMB2AESCCM\0", "ServerOut\0"],
} as const;
/** With 3.1.1 the context is the preauthentication integrity hash instead. */
const LABELS_3_1_1 = {
  signing: "SMBSigningKey\0",
  outgoing: "SMBC2SCipherKey\0",
  incoming: "SMBS2CCipherKey\0",
} as const;

const encoder = new TextEncoder();

/** Session.SessionKey and what the keys derived from it depend on. */
export interface KeyMaterial {
  /** What the authentication gave: 16 bytes with NTLM. */
  readonly sessionKey: Uint8Array;
  /** Session.PreauthIntegrityHashValue before the last response; only with 3.1.1. */
  readonly preauthHash: Uint8Array | undefined;
}

/** The key of an anonymous logon is all zeros ([MS-NLMP] 3.2.5.1.2): anybody has it. */
export function hasNoKey({ sessionKey }: Pick<KeyMaterial, "sessionKey">): boolean {
  return sessionKey.every((byte) => byte === 0);
}

/** The signer of a session by dialect and algorithm ([MS-SMB2] 3.2.5.3.1). */
export function deriveSigner(negotiated: NegotiatedParameters, material: KeyMaterial): Signer {
  const sessionKey = firstSixteen(material.sessionKey);
  const key =
    negotiated.dialect < Dialect.SMB_3_0
      ? sessionKey
      : derive("signing", 128, sessionKey, material);
  return createSigner(negotiated.signingAlgorithm, key);
}

/** The keys that encrypt and decrypt; undefined where encryption was not agreed. */
export function deriveSealingKeys(
  negotiated: NegotiatedParameters,
  material: KeyMaterial,
): SealingKeys | undefined {
  const { cipher } = negotiated;
  if (cipher === undefined) return undefined;
  const is256 = cipher === CipherId.AES_256_CCM || cipher === CipherId.AES_256_GCM;
  // 256-bit keys come from Session.FullSessionKey, the others from its first 16 bytes.
  const ki = is256 ? material.sessionKey : firstSixteen(material.sessionKey);
  const bits = is256 ? 256 : 128;
  return {
    outgoing: createSealer(cipher, derive("outgoing", bits, ki, material)),
    incoming: createSealer(cipher, derive("incoming", bits, ki, material)),
  };
}

/** Everything that protects a session's messages on one connection. */
export function createMessageSecurity(
  negotiated: NegotiatedParameters,
  material: KeyMaterial,
  policy: {
    readonly sessionId: bigint;
    readonly signingRequired: boolean;
    readonly encryptionRequired: boolean;
    /** Guest and anonymous sessions have no key. */
    readonly hasKey: boolean;
  },
): MessageSecurity {
  const { sessionId, signingRequired, encryptionRequired, hasKey } = policy;
  return new MessageSecurity({
    sessionId,
    signingRequired,
    encryptionRequired,
    signer: hasKey ? deriveSigner(negotiated, material) : undefined,
    sealing: hasKey ? deriveSealingKeys(negotiated, material) : undefined,
  });
}

function derive(
  use: keyof typeof LABELS_3_1_1,
  bits: 128 | 256,
  ki: Uint8Array,
  material: KeyMaterial,
): Uint8Array {
  if (material.preauthHash !== undefined) {
    return deriveKey(ki, encoder.encode(LABELS_3_1_1[use]), material.preauthHash, bits);
  }
  const [label, context] = LABELS_3_0[use];
  return deriveKey(ki, encoder.encode(label), encoder.encode(context), bits);
}

/** [MS-SMB2] 3.2.1.3: the first 16 bytes, padded with zeros on the right where there are fewer. */
function firstSixteen(key: Uint8Array): Uint8Array {
  const sixteen = new Uint8Array(16);
  sixteen.set(key.subarray(0, 16));
  return sixteen;
}

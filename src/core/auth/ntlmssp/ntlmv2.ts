import { hmacMd5 } from "../../crypto/digests.ts";
import { md4 } from "../../crypto/md4.ts";
import type { FileTime } from "../../wire/file-time.ts";
import { type CaseTable, upperCase } from "../../wire/upper-case.ts";
import { encodeUtf16 } from "../../wire/utf16.ts";
import { encodeBytes } from "../../wire/writer.ts";

/** What an NTLMv2 answer is computed from ([MS-NLMP] 3.3.2). */
export interface NtlmV2Input {
  /** NTOWFv2. */
  readonly responseKey: Uint8Array;
  readonly serverChallenge: Uint8Array;
  readonly clientChallenge: Uint8Array;
  readonly time: FileTime;
  /** The AV pairs to answer with. */
  readonly targetInfo: Uint8Array;
}

/** The password's hash ([MS-NLMP] 3.3.1 NTOWFv1): MD4 of its UTF-16LE form, 16 bytes. */
export function ntHash(password: string): Uint8Array {
  const encoded = encodeUtf16(password);
  const hash = md4(encoded);
  encoded.fill(0);
  return hash;
}

/**
 * [MS-NLMP] 3.3.2 NTOWFv2: the key that a user's answers are made with. The domain's case counts; `table`
 * is the one that the server folds the user's name with.
 */
export function ntowfV2(
  hash: Uint8Array,
  user: string,
  domain: string,
  table: CaseTable = "windows",
): Uint8Array {
  return hmacMd5(hash, encodeUtf16(upperCase(user, table) + domain));
}

/** NtChallengeResponse and the SessionBaseKey that goes with it ([MS-NLMP] 3.3.2). */
export function ntlmV2Response(input: NtlmV2Input): {
  readonly response: Uint8Array;
  readonly sessionBaseKey: Uint8Array;
} {
  const temp = encodeBytes(32 + input.targetInfo.length, (w) => {
    w.u8(1); // RespType
    w.u8(1); // HiRespType
    w.zero(6); // Reserved1, Reserved2
    w.big64(input.time); // TimeStamp
    w.raw(input.clientChallenge); // ChallengeFromClient
    w.zero(4); // Reserved3
    w.raw(input.targetInfo); // AvPairs
    w.zero(4);
  });
  const proof = hmacMd5(input.responseKey, input.serverChallenge, temp);
  const response = new Uint8Array(proof.length + temp.length);
  response.set(proof);
  response.set(temp, proof.length);
  return { response, sessionBaseKey: hmacMd5(input.responseKey, proof) };
}

/** LmChallengeResponse as NTLMv2 defines it ([MS-NLMP] 3.3.2), 24 bytes. */
export function lmV2Response(input: Omit<NtlmV2Input, "time" | "targetInfo">): Uint8Array {
  const response = new Uint8Array(24);
  response.set(hmacMd5(input.responseKey, input.serverChallenge, input.clientChallenge));
  response.set(input.clientChallenge, 16);
  return response;
}

import type { CaseTable } from "../../wire/upper-case.ts";
import { AuthenticationError } from "../authentication-error.ts";
import { AvId, type AvPair, findAvPair } from "./av-pairs.ts";
import { NegotiateFlags } from "./messages.ts";

/** What a server must agree to, and what its refusal means to a person. */
const DEMANDED: readonly (readonly [flag: number, what: string])[] = [
  [NegotiateFlags.UNICODE, "Unicode names"],
  [NegotiateFlags.EXTENDED_SESSIONSECURITY, "extended session security"],
];

/** @throws {AuthenticationError} where the flags of a CHALLENGE leave no choice but NTLMv1 */
export function demandFlags(flags: number): void {
  const missing = DEMANDED.filter(([flag]) => (flags & flag) === 0).map(([, what]) => what);
  if (missing.length === 0) return;
  throw new AuthenticationError(
    `The server cannot do NTLMv2 safely: it refuses ${missing.join(", ")}. Older forms of NTLM are not spoken; enable NTLMv2 on the server`,
  );
}

/** What a logon lacks because of what the server left out of its CHALLENGE, as whole sentences. */
export function lossesOf(flags: number, pairs: readonly AvPair[]): readonly string[] {
  const losses: string[] = [];
  if (pairs.length === 0) {
    losses.push(
      "the server sent no target information: it can tell neither a relayed logon nor one that was changed on the way",
    );
  } else if (findAvPair(pairs, AvId.TIMESTAMP) === undefined) {
    losses.push("the server sent no time: it cannot tell a logon that was changed on the way");
  }
  if ((flags & NegotiateFlags.KEY_128) === 0) {
    losses.push(
      "the server has no 128-bit keys for NTLM: the list of logon methods is protected with 40 bits (SMB's own signing and encryption are not affected)",
    );
  }
  return losses;
}

/**
 * The table that the server of a CHALLENGE folds names with, as far as its Version ([MS-NLMP] 2.2.2.10)
 * tells: Windows names its build, Samba and its relatives name none.
 */
export function likelyCaseTable([, , low = 0, high = 0]: Uint8Array): CaseTable {
  return low + high > 0 ? "windows" : "samba";
}

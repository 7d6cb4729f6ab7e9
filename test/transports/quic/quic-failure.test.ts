import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QuicError, type QuicErrorKind } from "ngtcp2-napi";
import type { DialProblem, TransportFailureReason } from "../../../src/core/errors.ts";
import {
  type Circumstances,
  quicClosed,
  quicDialFailure,
} from "../../../src/transports/quic/quic-failure.ts";

const nobody: Circumstances = { name: "nas", hasIdentity: false };
const asked: Circumstances = { ...nobody, wasAsked: true };
const known: Circumstances = { name: "nas", hasIdentity: true, wasAsked: true };

/** CRYPTO_ERROR of the server with this alert. */
function alert(number: number, reason = ""): QuicError {
  const details = { kind: "transport", errorCode: 0x100 + number, isRemote: true } as const;
  return new QuicError("The peer closed the connection: something", { ...details, reason });
}

function other(kind: QuicErrorKind, errno?: number): QuicError {
  return new QuicError("Something happened", { kind, errno });
}

const rows: readonly (readonly [
  error: QuicError,
  about: Circumstances,
  words: RegExp,
  reason: TransportFailureReason,
  problem?: DialProblem,
])[] = [
  [
    alert(116),
    nobody,
    /^the server requires a client certificate$/,
    "identity",
    "client-certificate-required",
  ],
  [
    alert(42),
    asked,
    /^the server requires a client certificate$/,
    "identity",
    "client-certificate-required",
  ],
  [
    alert(40),
    asked,
    /^the server requires a client certificate$/,
    "identity",
    "client-certificate-required",
  ],
  [
    alert(116),
    { ...asked, missingIdentity: "the key /k cannot be read: permission denied" },
    /^the server requires a client certificate; the key \/k cannot be read: permission denied$/,
    "identity",
    "client-certificate-required",
  ],
  [
    alert(49),
    asked,
    /denies access without a client certificate/,
    "identity",
    "client-certificate-required",
  ],
  [
    alert(42),
    known,
    /refuses the client certificate: it cannot be verified$/,
    "identity",
    "client-certificate-refused",
  ],
  [alert(43), known, /its kind is not supported$/, "identity", "client-certificate-refused"],
  [alert(44), known, /it is revoked$/, "identity", "client-certificate-refused"],
  [alert(45), known, /it is expired or not yet valid$/, "identity", "client-certificate-refused"],
  [
    alert(46),
    known,
    /^the server refuses the client certificate$/,
    "identity",
    "client-certificate-refused",
  ],
  [
    alert(48),
    known,
    /does not know the issuer of the client certificate$/,
    "identity",
    "client-certificate-refused",
  ],
  [
    alert(49),
    known,
    /the client certificate is not on its list$/,
    "identity",
    "client-certificate-refused",
  ],
  [
    alert(80),
    known,
    /failed to check the client certificate$/,
    "identity",
    "client-certificate-refused",
  ],
  [alert(80), nobody, /^the peer closed the connection/, "other"],
  [alert(47), nobody, /^the peer closed the connection/, "other"],
  [alert(112), nobody, /does not go by the name nas$/, "other", "name-mismatch"],
  [alert(120), nobody, /^the server speaks QUIC, but not SMB$/, "other", "no-smb"],
  [
    alert(40, "No common ALPN protocols"),
    nobody,
    /^the server speaks QUIC, but not SMB$/,
    "other",
    "no-smb",
  ],
  [alert(40, "no cipher"), nobody, /no TLS settings in common \(it says: no cipher\)$/, "other"],
  [other("handshake-timeout"), nobody, /^no answer; UDP may be blocked/, "timeout", "no-answer"],
  [other("idle-timeout"), nobody, /^the server went silent$/, "timeout"],
  [other("stateless-reset"), nobody, /^something happened$/, "reset"],
  [other("version-negotiation"), nobody, /^something happened$/, "other"],
  [
    other("system", 111),
    nobody,
    /^connection refused, nothing listens on this UDP port$/,
    "refused",
  ],
  [other("system", 113), nobody, /^host unreachable$/, "unreachable"],
  [other("system", 101), nobody, /^network unreachable$/, "unreachable"],
  [other("system", 1), nobody, /^this system forbids the connection$/, "other"],
];

describe("a failure of QUIC", () => {
  for (const [error, about, words, reason, problem] of rows) {
    it(`has words: ${words.source}`, () => {
      const failure = quicDialFailure("nas:443", error, about);
      assert.match(failure.words, words);
      assert.equal(failure.reason, reason);
      assert.deepEqual(failure.problems, problem === undefined ? [] : [problem]);
      assert.equal(failure.cause, error);
    });
  }

  it("has the same words where the connection was open", () => {
    const closed = quicClosed("nas:443", alert(49), known);
    assert.match(closed.message, /^The connection to nas:443 broke: the server denies access/);
    assert.equal(closed.reason, "identity");
  });
});

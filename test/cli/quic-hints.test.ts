import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optionSections } from "../../src/cli/option-table.ts";
import { HINTS, quicHints } from "../../src/cli/quic-hints.ts";
import {
  type DialAttempt,
  DialError,
  DialFailure,
  type DialProblem,
} from "../../src/core/index.ts";

function attempt(...problems: readonly DialProblem[]): DialAttempt {
  const error = new DialFailure("nas:443", "words", { reason: "certificate", problems });
  const times = { startedMs: 0, endedMs: 1 };
  return { kind: "quic", address: "nas:443", ...times, outcome: "failed", error };
}

describe("what helps against a failure of QUIC", () => {
  it("is told once for each problem", () => {
    const error = new DialError({ host: "nas" }, [
      { ...attempt("expired"), kind: "tcp" },
      attempt("unknown-issuer", "purpose-mismatch"),
      attempt("unknown-issuer"),
    ]);
    const hints = quicHints(error);
    assert.equal(hints.length, 3);
    assert.match(hints[0] ?? "", /^--quic-ca=FILE /);
    assert.match(hints[1] ?? "", /serverAuth$/);
    assert.equal(hints[2], "smbx quic-check nas shows its certificates");
  });

  it("is a name, where an address was given, and not where the dialect is the reason", () => {
    const unsuitable = { ...attempt(), outcome: "unsuitable", error: undefined } as const;
    const [hint] = quicHints(new DialError({ host: "192.0.2.1" }, [unsuitable]));
    assert.match(hint ?? "", /^--quic-server-name=NAME/);
    assert.deepEqual(quicHints(new DialError({ host: "nas" }, [unsuitable])), []);
  });

  it("names options that exist", () => {
    const known = optionSections.flatMap(({ options }) => options.map(({ long }) => `--${long}`));
    for (const hint of Object.values(HINTS)) {
      for (const [option] of hint.matchAll(/--[a-z-]+/g)) assert.ok(known.includes(option), hint);
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FailureTeller, StatedFailure, tellFailure } from "../../src/cli/failure.ts";
import { smbclientPersonality, smbxPersonality } from "../../src/cli/personality.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { AuthenticationError, DialError, NtStatus, NtStatusError } from "../../src/core/index.ts";
import { FakeIo } from "../support/fake-io.ts";

function told(
  personality: FailureTeller["personality"],
  error: unknown,
  debugLevel = 0,
): { out: string; err: string } {
  const io = new FakeIo();
  tellFailure({ io, personality, debugLevel }, error);
  return { out: io.stdout, err: io.stderr };
}

const notFound = new NtStatusError(NtStatus.OBJECT_NAME_NOT_FOUND, { path: "x" });
const stated = new StatedFailure("NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file \\x", {
  cause: notFound,
});

describe("a failure", () => {
  it("is told by smbx on standard error, with its meaning", () => {
    const { out, err } = told(smbxPersonality, stated);
    assert.equal(out, "");
    assert.match(err, /^NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file \\x\n {2}\S.*\n$/);
  });

  it("is told as smbclient on standard output, without", () => {
    assert.deepEqual(told(smbclientPersonality, stated), {
      out: "NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file \\x\n",
      err: "",
    });
  });

  it("goes to standard error where smbclient's does", () => {
    const refused = new StatedFailure("do_connect: …", { toStderr: true });
    assert.deepEqual(told(smbclientPersonality, refused), { out: "", err: "do_connect: …\n" });
  });

  it("has its second line on standard error", () => {
    const both = new StatedFailure("first", { epilogue: "second" });
    assert.deepEqual(told(smbclientPersonality, both), { out: "first\n", err: "second\n" });
  });

  it("of a logon says why", () => {
    const cause = new AuthenticationError("The account is locked", {
      status: NtStatus.ACCOUNT_LOCKED_OUT,
    });
    const { err } = told(smbxPersonality, new StatedFailure("session setup failed: …", { cause }));
    assert.equal(err, "session setup failed: …\n  The account is locked\n");
  });

  it("of dialling names every attempt", () => {
    const attempt = { kind: "tcp", address: "nas:445", startedMs: 0, endedMs: 1 } as const;
    const cause = new DialError({ host: "nas" }, [
      { ...attempt, outcome: "failed", reason: "connection refused" },
      { ...attempt, kind: "quic", outcome: "unavailable", reason: "not built" },
    ]);
    const { err } = told(smbxPersonality, new StatedFailure("do_connect: …", { cause }));
    assert.match(err, /tcp nas:445: connection refused; quic: not built/);
  });

  it("is not explained twice", () => {
    const { err } = told(smbxPersonality, new UsageError("get <filename> [localname]"));
    assert.equal(err, "get <filename> [localname]\n");
  });

  it("of the local system is told in its own words, not in Node's", () => {
    const details = { code: "EACCES", syscall: "stat", path: "/closed/x", errno: -13 };
    const error = Object.assign(new Error("EACCES: permission denied, stat '/closed/x'"), details);
    assert.equal(told(smbxPersonality, error).err, "Permission denied: /closed/x\n");
  });

  it("may bring its explanation along, which smbclient would not tell", () => {
    const error = new StatedFailure("Error opening local file x", { explanation: "no room" });
    assert.equal(told(smbxPersonality, error).err, "Error opening local file x\n  no room\n");
    assert.deepEqual(told(smbclientPersonality, error), {
      out: "Error opening local file x\n",
      err: "",
    });
  });

  it("never moves the cursor", () => {
    const { err } = told(smbxPersonality, new StatedFailure("a\x1b[2Jb\rc\u202e"));
    assert.equal(err, "a\\x1b[2Jb\\x0dc\\u202e\n");
  });

  it("stays on its line, whatever a server's names hold", () => {
    const forged = "x\nNT_STATUS_OK removing everything";
    const cause = new NtStatusError(NtStatus.ACCESS_DENIED, { path: forged });
    for (const error of [
      new StatedFailure(`NT_STATUS_ACCESS_DENIED deleting remote file ${forged}`, { cause }),
      new StatedFailure("a", { explanation: forged }),
      new StatedFailure("a", { explanation: ["b", forged] }),
      new StatedFailure("a", { epilogue: forged }),
      new StatedFailure("a", { cause: new AuthenticationError(forged, {}) }),
      new UsageError("usage", forged),
      new Error(forged),
    ]) {
      const { err } = told(smbxPersonality, error, 3);
      assert.match(err, /x\\x0aNT_STATUS_OK/);
      assert.doesNotMatch(err, /^\s*NT_STATUS_OK/m, err);
    }
    assert.equal(told(smbxPersonality, new UsageError("a", "b")).err, "a\nb\n");
  });

  it("has a stack only with -d 3", () => {
    assert.doesNotMatch(told(smbxPersonality, stated, 2).err, /failure\.test/);
    const { err } = told(smbxPersonality, stated, 3);
    assert.match(err, /failure\.test/);
    assert.match(err, /caused by NtStatusError/);
  });
});

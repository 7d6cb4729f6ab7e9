import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ExitCode, exitCodeFor } from "../../src/cli/exit-codes.ts";
import { StatedFailure } from "../../src/cli/failure.ts";
import {
  type CommandOutcome,
  choosePersonality,
  smbclientPersonality,
  smbxPersonality,
} from "../../src/cli/personality.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import {
  AuthenticationError,
  DialError,
  DialFailure,
  FULL_STATUSES,
  GONE_STATUSES,
  NtStatus,
  NtStatusError,
  ntStatusName,
  ProtocolError,
  TimeoutError,
  TransferError,
  TransportClosedError,
  type TransportFailureReason,
  UnsupportedError,
  WireFormatError,
} from "../../src/core/index.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function aborted(): unknown {
  const controller = new AbortController();
  controller.abort();
  return controller.signal.reason;
}

/** No wire reached the server, for these reasons. */
function unreachable(...reasons: readonly TransportFailureReason[]): DialError {
  const attempts = reasons.map((reason) => {
    const error = new DialFailure("nas:1", "words", { reason });
    const times = { startedMs: 0, endedMs: 1 };
    return { kind: "tcp", address: "nas:1", ...times, outcome: "failed", error } as const;
  });
  return new DialError({ host: "nas" }, attempts);
}

const table: readonly (readonly [error: unknown, code: ExitCode])[] = [
  [undefined, ExitCode.OK],
  [new Error("anything"), ExitCode.FAILURE],
  ["thrown text", ExitCode.FAILURE],
  [new UsageError("x"), ExitCode.USAGE],
  [new DialError({ host: "nas" }, []), ExitCode.NETWORK],
  [unreachable("refused", "timeout"), ExitCode.NETWORK],
  [unreachable("refused", "certificate"), ExitCode.CERTIFICATE],
  [unreachable("certificate"), ExitCode.CERTIFICATE],
  [unreachable("timeout", "identity"), ExitCode.AUTHENTICATION],
  [unreachable("refused", "configuration"), ExitCode.USAGE],
  [new StatedFailure("x", { cause: unreachable("refused", "certificate") }), ExitCode.CERTIFICATE],
  [new TransportClosedError("gone", { reason: "identity" }), ExitCode.AUTHENTICATION],
  [new TransportClosedError("gone"), ExitCode.NETWORK],
  [new TimeoutError("silent", 1), ExitCode.NETWORK],
  [new WireFormatError("x"), ExitCode.NETWORK],
  [new ProtocolError("x"), ExitCode.NETWORK],
  [new UnsupportedError("x"), ExitCode.FAILURE],
  [new UnsupportedError("x", { cause: new TransportClosedError("gone") }), ExitCode.NETWORK],
  [new AuthenticationError("x"), ExitCode.AUTHENTICATION],
  [new AuthenticationError("x", { status: NtStatus.ACCESS_DENIED }), ExitCode.AUTHENTICATION],
  [new NtStatusError(NtStatus.OBJECT_NAME_NOT_FOUND), ExitCode.NOT_FOUND],
  [new NtStatusError(NtStatus.NO_SUCH_FILE), ExitCode.NOT_FOUND],
  [new NtStatusError(NtStatus.BAD_NETWORK_NAME), ExitCode.NOT_FOUND],
  [new NtStatusError(NtStatus.ACCESS_DENIED), ExitCode.DENIED],
  [new NtStatusError(NtStatus.OBJECT_NAME_COLLISION), ExitCode.FAILURE],
  [new TransferError("short"), ExitCode.TRANSFER],
  [systemError("ENOENT"), ExitCode.NOT_FOUND],
  [systemError("EACCES"), ExitCode.DENIED],
  [systemError("ENOSPC"), ExitCode.TRANSFER],
  [new NtStatusError(NtStatus.DISK_FULL), ExitCode.TRANSFER],
  [aborted(), ExitCode.INTERRUPTED],
  [new StatedFailure("x", { cause: new NtStatusError(NtStatus.ACCESS_DENIED) }), ExitCode.DENIED],
  [new StatedFailure("x"), ExitCode.FAILURE],
];

describe("the exit status of an error", () => {
  for (const [error, code] of table) {
    const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    it(`${name} is ${code}`, () => assert.equal(exitCodeFor(error), code));
  }

  it("is that of the network where all is gone, and of a transfer where there is no room", () => {
    for (const status of GONE_STATUSES)
      assert.equal(exitCodeFor(new NtStatusError(status)), ExitCode.NETWORK, ntStatusName(status));
    for (const status of FULL_STATUSES)
      assert.equal(exitCodeFor(new NtStatusError(status)), ExitCode.TRANSFER, ntStatusName(status));
  });

  it("does not follow causes in a circle", () => {
    const error = new Error("round");
    error.cause = error;
    assert.equal(exitCodeFor(error), ExitCode.FAILURE);
  });
});

const notFound = new NtStatusError(NtStatus.OBJECT_NAME_NOT_FOUND);
const denied = new NtStatusError(NtStatus.ACCESS_DENIED);

function done(name: string, error?: unknown): CommandOutcome {
  return { name, error };
}

describe("the exit status of several commands", () => {
  it("of smbx is the class of the first failure", () => {
    const { exitStatus } = smbxPersonality;
    assert.equal(exitStatus([]), 0);
    assert.equal(exitStatus([done("ls")]), 0);
    assert.equal(exitStatus([done("ls"), done("get", notFound), done("cd", denied)]), 5);
    assert.equal(exitStatus([done("get", notFound), done("ls")], "input"), 5);
    assert.equal(exitStatus([done("get", notFound), done("ls", aborted())]), 130);
    assert.equal(exitStatus([done("get", notFound), done("ls", aborted())], "terminal"), 130);
    assert.equal(exitStatus([done("ls", aborted()), done("quit")], "terminal"), 0);
  });

  it("of smbclient is the last command's, with its oddities", () => {
    const { exitStatus } = smbclientPersonality;
    assert.equal(exitStatus([done("get", notFound), done("pwd")]), 0);
    assert.equal(exitStatus([done("pwd"), done("get", notFound)]), 1);
    assert.equal(exitStatus([done("mkdir", denied)]), 0);
    assert.equal(exitStatus([done("prompt")]), 1);
    assert.equal(exitStatus([done("get", notFound)], "input"), 0);
    assert.equal(exitStatus([]), 1);
  });

  it("of smbclient passes over commands that do not exist", () => {
    const unknown = { name: "bogus", error: new UsageError("?"), recognized: false };
    assert.equal(smbclientPersonality.exitStatus([done("ls"), unknown]), 0);
    assert.equal(smbclientPersonality.exitStatus([unknown]), 1);
    assert.equal(smbxPersonality.exitStatus([done("ls"), unknown]), 2);
  });

  it("of smbclient is 1 for whatever ended the run", () => {
    assert.equal(smbclientPersonality.statusOf(denied), 1);
    assert.equal(smbclientPersonality.statusOf(aborted()), 130);
    assert.equal(smbxPersonality.statusOf(denied), 6);
  });
});

describe("who we are", () => {
  const cases: readonly (readonly [
    path: string | undefined,
    compat: string | undefined,
    name: string,
  ])[] = [
    ["/usr/bin/smbx", undefined, "smbx"],
    ["/usr/local/bin/smbclient", undefined, "smbclient"],
    ["C:\\bin\\smbclient.js", undefined, "smbclient"],
    ["/opt/smbclient/smbx.cjs", undefined, "smbx"],
    ["/usr/bin/smbx", "smbclient", "smbclient"],
    ["/usr/bin/smbclient", "smbx", "smbx"],
    ["/usr/bin/smbx", "", "smbx"],
    [undefined, undefined, "smbx"],
  ];
  for (const [path, compat, name] of cases) {
    it(`${path} with SMBX_COMPAT=${compat} is ${name}`, () => {
      assert.equal(choosePersonality(path, { SMBX_COMPAT: compat }).name, name);
    });
  }
});

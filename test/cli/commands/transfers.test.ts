import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { questionsOf } from "../../../src/cli/commands/asking.ts";
import { localTarget } from "../../../src/cli/commands/get.ts";
import {
  showLocalPath,
  type TransferStyle,
  transferFailure,
  withTransfers,
} from "../../../src/cli/commands/transfers.ts";
import { smbclientPersonality, smbxPersonality } from "../../../src/cli/personality.ts";
import { runLineShell } from "../../../src/cli/shell/line-shell.ts";
import { FatalFailure } from "../../../src/cli/transfer/fatal-failure.ts";
import type { FinishedFile } from "../../../src/cli/transfer/index.ts";
import {
  NtStatus,
  NtStatusError,
  TimeoutError,
  TransferError,
  TransportClosedError,
} from "../../../src/core/index.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree } from "../../support/fake-tree.ts";

const download: TransferStyle = { direction: "download", showLocal: (path) => path };
const upload: TransferStyle = { direction: "upload", showLocal: (path) => path };

function finished(direction: FinishedFile["direction"], bytes: number): FinishedFile {
  return { direction, remotePath: "dir\\a\x1b", localPath: "b", size: bytes, bytes, ms: 1000 };
}

describe("the lines of get and put", () => {
  it("are smbclient's, on standard error, with the average of the session", async () => {
    const { state, io } = fakeShell(new FakeTree());
    await withTransfers(state, download, async (environment) => {
      // Both took the same second.
      environment.onFile?.(finished("download", 1024));
      environment.onFile?.(finished("download", 3072));
    });
    await withTransfers(state, upload, async (environment) => {
      environment.onFile?.(finished("upload", 2048));
    });
    assert.equal(io.stdout, "");
    assert.deepEqual(io.stderr.split("\n"), [
      "getting file \\dir\\a\\x1b of size 1024 as b (1.0 KiloBytes/sec) (average 1.0 KiloBytes/sec)",
      "getting file \\dir\\a\\x1b of size 3072 as b (3.0 KiloBytes/sec) (average 4.0 KiloBytes/sec)",
      "putting file b as \\dir\\a\\x1b (2.0 kB/s) (average 2.0 kB/s)",
      "",
    ]);
  });

  it("tell failures in between, and notices", async () => {
    const personality = { ...smbxPersonality, explainsErrors: false };
    const { state, io } = fakeShell(new FakeTree(), { personality });
    const error = new NtStatusError(NtStatus.ACCESS_DENIED, { command: "CREATE" });
    await withTransfers(state, download, async (environment) => {
      environment.onFailure?.({ path: "x", remotePath: "x", localPath: "/x", error });
      environment.onNotice?.("socket: passed over");
    });
    assert.equal(
      io.stderr,
      "NT_STATUS_ACCESS_DENIED opening remote file \\x\nsocket: passed over\n",
    );
  });
});

describe("what went wrong with a file", () => {
  const status = (command: string) => new NtStatusError(NtStatus.ACCESS_DENIED, { command });
  const system = (code: string, syscall: string) =>
    Object.assign(new Error(`${code}: in the words of node`), { code, syscall, errno: -2 });
  const rows: readonly (readonly [TransferStyle, unknown, string])[] = [
    [download, status("CREATE"), "NT_STATUS_ACCESS_DENIED opening remote file \\r\\f"],
    [download, status("READ"), "NT_STATUS_ACCESS_DENIED reading remote file \\r\\f"],
    [download, status("QUERY_DIRECTORY"), "NT_STATUS_ACCESS_DENIED listing \\r\\f"],
    [upload, status("CREATE"), "NT_STATUS_ACCESS_DENIED opening remote file \\r\\f"],
    [upload, status("WRITE"), "NT_STATUS_ACCESS_DENIED writing remote file \\r\\f"],
    [upload, status("SET_INFO"), "NT_STATUS_ACCESS_DENIED finishing remote file \\r\\f"],
    [upload, system("ENOENT", "open"), "l does not exist"],
    [upload, system("ENOENT", "stat"), "l does not exist"],
    [upload, system("EACCES", "open"), "Error opening local file l"],
    [download, system("ENOENT", "open"), "Error opening local file l"],
    [download, system("ENOSPC", "write"), "No space left on device: local file l"],
    [download, new TransferError("it grew"), "it grew"],
    [download, new TransportClosedError("gone"), "gone: remote file \\r\\f"],
    [upload, new TimeoutError("silence", 20_000), "silence: remote file \\r\\f"],
  ];
  for (const [style, error, message] of rows) {
    it(`${style.direction}: ${message}`, () => {
      const told = transferFailure(style, { remotePath: "r\\f", localPath: "l", error }) as Error;
      assert.equal(told.message, message);
      assert.ok(told === error || told.cause === error);
    });
  }
});

it("what ends a transfer of many files is told with the name of the file", async () => {
  const error = Object.assign(new Error("ENOSPC: in the words of node"), {
    ...{ code: "ENOSPC", syscall: "write", errno: -28 },
  });
  const { state } = fakeShell(new FakeTree());
  const failure = { path: "f", remotePath: "f", localPath: "/l/f", error };
  await assert.rejects(
    withTransfers(state, download, () => Promise.reject(new FatalFailure(failure))),
    { message: "No space left on device: local file /l/f", cause: error },
  );
});

it("put - is refused where the commands come from standard input, and what follows is not run", async () => {
  const tree = new FakeTree();
  const { state, io } = fakeShell(tree, { answers: ["put - x", "mkdir data"] });
  const outcomes = await runLineShell(state, { quiet: true });
  assert.equal(outcomes.length, 1);
  assert.equal(smbxPersonality.exitStatus(outcomes, "input"), 2);
  assert.match(io.stderr, /^put -: standard input holds the commands/);
  assert.equal(io.questions.length, 1);
});

it("local paths are shown relative to the local directory, if they lie below it", () => {
  const { state } = fakeShell(new FakeTree(), { localCwd: "/home/anna" });
  const shown = [
    ...["/home/anna/a/b", "/home/anna/..a", "/home/other", "/home", "/home/anna", "-", "as/typed"],
  ].map((path) => showLocalPath(state, path));
  assert.deepEqual(shown, [
    ...["a/b", "..a", "/home/other", "/home", "/home/anna", "-", "as/typed"],
  ]);
});

describe("the question of mget and mput", () => {
  const candidate = { name: "f", isDirectory: false, relativePath: "f" };

  async function answersTo(
    answers: readonly string[],
    personality = smbxPersonality,
  ): Promise<{ chosen: boolean[]; asked: number; failure?: string }> {
    const { state, io } = fakeShell(new FakeTree(), { answers, personality });
    const questions = questionsOf(state, ({ name }) => `Get file ${name}? `);
    const chosen: boolean[] = [];
    for (let n = 0; n < 4; n++) chosen.push((await questions?.choose(candidate)) ?? true);
    const asked = io.questions.length;
    try {
      questions?.expectAnswers();
      return { chosen, asked };
    } catch (error) {
      return { chosen, asked, failure: (error as Error).message };
    }
  }

  it("takes what is answered with y", async () => {
    assert.deepEqual(await answersTo(["y", "n", "Yes", ""]), {
      chosen: [true, false, true, false],
      asked: 4,
    });
  });

  it("takes all that follow after a, none after q", async () => {
    assert.deepEqual(await answersTo(["n", "a"]), { chosen: [false, true, true, true], asked: 2 });
    assert.deepEqual(await answersTo(["y", "q"]), {
      chosen: [true, false, false, false],
      asked: 2,
    });
  });

  it("fails at the end of input, when what was chosen is done", async () => {
    const { failure, ...rest } = await answersTo(["y"]);
    assert.deepEqual(rest, { chosen: [true, false, false, false], asked: 2 });
    assert.match(failure ?? "", /standard input ended at the question "Get file f\?"/);
    assert.equal((await answersTo(["y"], smbclientPersonality)).failure, undefined);
  });

  it("as smbclient knows y only", async () => {
    assert.deepEqual(await answersTo(["a", "q", "y", "n"], smbclientPersonality), {
      chosen: [false, false, true, false],
      asked: 4,
    });
  });

  it("is not asked with prompt off", () => {
    const { state } = fakeShell(new FakeTree(), { settings: { prompt: false } });
    assert.equal(
      questionsOf(state, () => "?"),
      undefined,
    );
  });
});

describe("local directories", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-transfers-"));
    mkdirSync(join(folder, "sub"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("are no files to put, and smbclient says that they do not exist", async () => {
    for (const [personality, expected] of [
      [smbclientPersonality, "sub does not exist\n"],
      [smbxPersonality, "sub is a directory: with recurse on, mput stores directories\n"],
    ] as const) {
      const { state, io } = fakeShell(new FakeTree(), { personality, localCwd: folder });
      await state.run("put sub");
      assert.equal(io.transcript, expected);
    }
  });

  it("are where smbclient's get puts a file that it fetches from a directory", async () => {
    const answers = { localCwd: folder };
    for (const [personality, expected] of [
      [smbclientPersonality, "sub/nosuch"],
      [smbxPersonality, "nosuch"],
    ] as const) {
      const { state } = fakeShell(new FakeTree(), { ...answers, personality });
      assert.equal(await localTarget(state, "sub\\nosuch", undefined), expected);
    }
    const { state } = fakeShell(new FakeTree(), answers);
    assert.equal(await localTarget(state, "x/a", "sub"), "sub/a");
    assert.equal(await localTarget(state, "x/a", "-"), "-");
    assert.equal(await localTarget(state, "../../a", undefined), "a");
  });

  it("that do not exist do not become files", async () => {
    for (const [personality, expected] of [
      [smbclientPersonality, "Error opening local file new/\n"],
      [smbxPersonality, "Error opening local file new/\n  There is no directory of that name\n"],
    ] as const) {
      const { state, io } = fakeShell(new FakeTree(), { personality, localCwd: folder });
      await state.run("get hello.txt new/");
      assert.equal(io.transcript, expected);
    }
  });

  it("are no targets of smbclient's get", async () => {
    const { state, io } = fakeShell(new FakeTree(), {
      personality: smbclientPersonality,
      localCwd: folder,
    });
    await state.run("get hello.txt sub");
    assert.equal(io.transcript, "Error opening local file sub\n");
  });
});

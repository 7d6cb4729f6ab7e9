import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contentOf } from "./content.ts";
import type { Job, JobFile } from "./job.ts";
import { type Ending, judge } from "./oracle.ts";

/** Of a content without stretches of zeros. */
const NOISE = 5;
const FILE: JobFile = { path: "f", size: 10_000, seed: NOISE, old: { size: 9000, seed: 2 } };
const RESUMED: JobFile = { path: "f", size: 10_000, seed: NOISE, start: 4000 };
const WHOLE = contentOf(NOISE, 10_000);
const OLD = contentOf(2, 9000);
const SUCCESS: Ending = { status: 0, stdout: "", stderr: "", hung: false };
const LOST: Ending = { ...SUCCESS, status: 3, stderr: "The connection broke" };

function job(changes: Partial<Job> = {}): Job {
  return {
    ...{ kind: "get over a file", personality: "smbx", form: "one-shot", transport: "tcp" },
    ...{ protection: "sign", dialect: "SMB3_11", channels: 1, timeoutSeconds: 3, files: [FILE] },
    ...changes,
  };
}
const SMBCLIENT = job({ personality: "smbclient", form: "shell" });
const REGET = job({ kind: "reget", files: [RESUMED] });

function verdict(
  of: Job,
  given: Ending,
  found: Uint8Array | undefined,
  others: readonly string[] = [],
): string[] {
  const status = of.personality === "smbclient" && given.status === 3 ? 1 : given.status;
  const ending = { ...given, status };
  const bytes = found === undefined ? undefined : Buffer.from(found);
  return judge(of, ending, { read: () => bytes, others: () => others });
}

/** The whole file with a gap of zeros, as a write leaves it that was overtaken by later ones. */
function withGap(): Buffer {
  return Buffer.from(WHOLE).fill(0, 5000, 6000);
}

const MIXTURE = Buffer.concat([WHOLE.subarray(0, 5000), OLD.subarray(5000)]);

describe("the oracle of the fault campaign", () => {
  const good: readonly [string, Job, Ending, Uint8Array | undefined, string[]][] = [
    ["success with every byte", job(), SUCCESS, WHOLE, []],
    ["a failure that changed nothing", job(), LOST, OLD, []],
    ["a failure after the last byte", job(), LOST, WHOLE, []],
    ["a failure that left a temporary file", job(), LOST, OLD, [".f.smbx-ab12cd.part"]],
    ["a beginning where smbclient writes in place", SMBCLIENT, LOST, WHOLE.subarray(0, 7), []],
    ["a beginning that has grown", REGET, LOST, WHOLE.subarray(0, 6000), []],
  ];
  for (const [name, of, ending, found, others] of good) {
    it(`accepts ${name}`, () => assert.deepEqual(verdict(of, ending, found, others), []));
  }

  const bad: readonly [string, Job, Ending, Uint8Array | undefined, string[], RegExp][] = [
    ["success with a gap", job(), SUCCESS, withGap(), [], /\d+ wrong from byte 5000 on/],
    ["success with half a file", job(), SUCCESS, WHOLE.subarray(0, 5000), [], /5000 of 10000/],
    ["success without a file", job(), SUCCESS, undefined, [], /it has nothing/],
    ["success that left something", job(), SUCCESS, WHOLE, ["x.smbx-abcdef.part"], /was left/],
    ["half a file under a real name", job(), LOST, WHOLE.subarray(0, 500), [], /neither old nor/],
    ["an old file that is gone", job(), LOST, undefined, [], /it is gone/],
    ["a mixture of old and new", SMBCLIENT, LOST, MIXTURE, [], /no beginning/],
    ["a gap in a resumed file", REGET, LOST, withGap(), [], /no beginning/],
    ["a resumed file that has shrunk", REGET, LOST, WHOLE.subarray(0, 3000), [], /shorter/],
    ["a file that nobody asked for", job(), LOST, OLD, ["f.tmp"], /nothing that was asked for/],
    ["a hang", job(), { ...LOST, hung: true }, OLD, [], /it hung/],
    ["an end by a signal that nobody sent", job(), { ...LOST, signal: "SIGSEGV" }, OLD, [], /SEGV/],
    ["a status that means nothing", job(), { ...LOST, status: 99 }, OLD, [], /status is 99/],
    ["a stack trace", job(), { ...LOST, stderr: "x\n    at f (a.ts:1:2)" }, OLD, [], /prints/],
    ["the system's own words", job(), { ...LOST, stderr: "read ECONNRESET" }, OLD, [], /prints/],
  ];
  for (const [name, of, ending, found, others, words] of bad) {
    it(`finds ${name}`, () => {
      const problems = verdict(of, ending, found, others);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", words);
    });
  }

  it("accepts that a signal ends the program that was sent it", () => {
    const ending: Ending = { ...LOST, status: undefined, signal: "SIGKILL" };
    const afterwards = { read: () => OLD, others: () => [] };
    assert.deepEqual(judge(job(), ending, afterwards, { sent: "SIGKILL" }), []);
  });

  it("accepts the beginning of a new small file only where the server died", () => {
    const put = job({ kind: "put", files: [{ path: "f", size: 10_000, seed: NOISE }] });
    const afterwards = { read: () => Buffer.alloc(0), others: () => [] };
    assert.deepEqual(judge(put, LOST, afterwards, { serverDied: true }), []);
    assert.equal(judge(put, LOST, afterwards).length, 1);
  });

  it("accepts gaps in an upload in place only where the connection was lost", () => {
    const reput = job({ kind: "reput", files: [RESUMED] });
    const afterwards = { read: withGap, others: () => [] };
    assert.deepEqual(judge(reput, LOST, afterwards, { lost: true }), []);
    assert.equal(judge(reput, LOST, afterwards).length, 1);
    assert.equal(judge(REGET, LOST, afterwards, { lost: true }).length, 1);
    const other = { read: () => MIXTURE, others: () => [] };
    assert.equal(judge(reput, LOST, other, { lost: true }).length, 1);
  });

  it("takes smbclient's messages for failures, whatever its status", () => {
    const said = { ...SUCCESS, stdout: "NT_STATUS_IO_TIMEOUT opening remote file \\f\n" };
    assert.deepEqual(verdict(SMBCLIENT, said, OLD), []);
    assert.equal(verdict(job(), said, OLD).length, 1);
  });
});

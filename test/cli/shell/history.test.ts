import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { HISTORY_SIZE, History, historyPath } from "../../../src/cli/shell/history.ts";

describe("History", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-history-"));
    path = join(folder, "state", "history");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("survives the run, readable by its owner only", async () => {
    const first = await History.load(path);
    first.add("ls");
    first.add("cd dir");
    await first.save();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual((await History.load(path)).lines, ["ls", "cd dir"]);
  });

  it("keeps the lines of two shells", async () => {
    const [one, two] = [await History.load(path), await History.load(path)];
    one.add("one");
    two.add("two");
    await one.save();
    await two.save();
    assert.deepEqual((await History.load(path)).lines, ["one", "two"]);
  });

  it("saves a line once", async () => {
    const history = await History.load(path);
    history.add("ls");
    await history.save();
    await history.save();
    assert.equal(readFileSync(path, "utf8"), "ls\n");
  });

  it("forgets the oldest lines", async () => {
    const history = new History(path);
    for (let n = 0; n < HISTORY_SIZE + 10; n++) history.add(`ls ${n}`);
    assert.equal(history.lines.length, HISTORY_SIZE);
    assert.equal(history.lines[0], "ls 10");
    await history.save();
    assert.equal((await History.load(path)).lines.length, HISTORY_SIZE);
  });

  it("remembers neither blanks, nor repetitions, nor passwords", async () => {
    const history = new History(path);
    const secret = ["logon anna secret", "  LOGON anna secret", '"logon" anna secret', "logo"];
    for (const line of ["ls", "ls", "", "  ", ...secret, 'l"ogon" anna secret', "ls"]) {
      history.add(line);
    }
    assert.deepEqual(history.lines, ["ls", "logo", "ls"]);
  });

  it("is empty where the file cannot be read, and silent where it cannot be written", async () => {
    const blocked = join(folder, "file");
    writeFileSync(blocked, "");
    const history = await History.load(join(blocked, "history"));
    assert.deepEqual(history.lines, []);
    history.add("ls");
    await history.save();
    assert.deepEqual(history.lines, ["ls"]);
  });
});

describe("historyPath", () => {
  const rows = [
    [{ XDG_STATE_HOME: "/s", HOME: "/home/a" }, "/s/smbx/history"],
    [{ XDG_STATE_HOME: "relative", HOME: "/home/a" }, "/home/a/.local/state/smbx/history"],
    [{ HOME: "/home/a" }, "/home/a/.local/state/smbx/history"],
    [{}, undefined],
  ] as const;
  for (const [environment, expected] of rows) {
    it(`${JSON.stringify(environment)} gives ${expected}`, () => {
      assert.equal(historyPath(environment), expected);
    });
  }
});

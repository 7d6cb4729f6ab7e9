import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../src/cli", import.meta.url));

/** Completion offers names and makes no paths. */
const MAY_LIST: ReadonlySet<string> = new Set(["shell/completer.ts"]);

/** What goes from a listing past `WalkedDirectory`, which alone checks the names in it. */
function waysAround(text: string): readonly string[] {
  const raw = /\btree\.list\(/g;
  const joined =
    /joinRemote\([^)]*\b(?:remote|path|directory)\b[^)]*,\s*(?:walked\.)?entry\.name\)/g;
  return [...(text.match(raw) ?? []), ...(text.match(joined) ?? [])];
}

describe("a name that a server listed", () => {
  it("comes to a path by the walker alone", () => {
    const files = readdirSync(CLI, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.replaceAll("\\", "/"));
    assert.ok(files.length > 100);
    for (const file of files) {
      if (MAY_LIST.has(file)) continue;
      assert.deepEqual(waysAround(readFileSync(join(CLI, file), "utf8")), [], file);
    }
  });

  it("would be seen to go another way", () => {
    for (const planted of [
      "for await (const batch of tree.list(directory)) take(batch);",
      "const path = joinRemote(mask.directory, entry.name);",
      "below.push(joinRemote(level.remote, entry.name));",
    ]) {
      assert.equal(waysAround(planted).length, 1, planted);
    }
  });
});

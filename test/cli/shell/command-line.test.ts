import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTable } from "../../../src/cli/commands/index.ts";
import { parseCommandLine } from "../../../src/cli/shell/command-line.ts";

const rules = { escapesToShell: true, ignoresExtraArguments: false };

function parse(line: string, more: Partial<typeof rules> = {}): string[] {
  const { command, args } = parseCommandLine(commandTable, line, { ...rules, ...more });
  return [command.names[0] ?? "", ...args];
}

describe("parseCommandLine", () => {
  const rows: readonly (readonly [string, string[]])[] = [
    ["ls", ["ls"]],
    ["LS *.txt", ["ls", "*.txt"]],
    ["dir", ["ls"]],
    ["l", ["ls"]],
    ["hel get", ["help", "get"]],
    ["? cd", ["help", "cd"]],
    ["del x", ["del", "x"]],
    ["rm x", ["del", "x"]],
    ["qu", ["exit"]],
    ["..", [".."]],
    ['get "a b" c', ["get", "a b", "c"]],
    ["!echo  hi; there", ["!", "echo  hi; there"]],
    ["!", ["!", ""]],
    ["mget a b c d", ["mget", "a", "b", "c", "d"]],
  ];
  for (const [line, expected] of rows) {
    it(line, () => assert.deepEqual(parse(line), expected));
  }

  it("says which commands there are not, and which abbreviations are ambiguous", () => {
    assert.throws(() => parse("frobnicate"), { message: "frobnicate: command not found" });
    assert.throws(() => parse("p"), { message: "p: command abbreviation ambiguous" });
    assert.throws(() => parse('""'), { message: ": command abbreviation ambiguous" });
    assert.throws(() => parse("!echo hi", { escapesToShell: false }), {
      message: "!echo: command not found",
    });
  });

  it("refuses or drops arguments that no command expects", () => {
    assert.throws(() => parse("rm a b"), { name: "UsageError", message: /^del takes at most 1/ });
    assert.throws(() => parse("pwd x"), { name: "UsageError", message: /^pwd takes no arguments/ });
    assert.deepEqual(parse("rm a b", { ignoresExtraArguments: true }), ["del", "a"]);
  });
});

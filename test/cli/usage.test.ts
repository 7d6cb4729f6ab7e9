import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optionSections } from "../../src/cli/option-table.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import { smbclientPersonality, smbxPersonality } from "../../src/cli/personality.ts";
import { subcommandHelp } from "../../src/cli/subcommand-help.ts";
import { subcommandNames, subcommandSummaries } from "../../src/cli/subcommand-names.ts";
import { helpText, subcommandHelpText, usageText } from "../../src/cli/usage.ts";
import { smbclientHelp, smbclientUsage } from "./smbclient-help.ts";

describe("help", () => {
  it("is smbclient's to the letter", () => {
    assert.equal(helpText(smbclientPersonality), smbclientHelp);
  });

  it("names every option and subcommand of smbx", () => {
    const text = helpText(smbxPersonality);
    for (const { options } of optionSections) {
      for (const { long } of options) assert.ok(text.includes(`--${long}`), long);
    }
    for (const name of subcommandNames) assert.match(text, new RegExp(`^ {2}${name} `, "m"));
  });

  it("has no line longer than a hundred columns", () => {
    for (const line of helpText(smbxPersonality).split("\n")) {
      assert.ok(line.length <= 100, line);
    }
  });
});

describe("help of a subcommand", () => {
  it("shows its usage, its options and an example", () => {
    assert.equal(
      subcommandHelpText("ls", smbxPersonality),
      `Usage: smbx ls [OPTIONS] [-r] URL...
List files and directories.

Options:
  -r, --recursive                              Go into directories
      --json                                   One JSON object per line (see
                                               docs/json.md)
  and those of every run, such as -U and -A: 'smbx --help' lists them

Example:
  smbx ls -r //nas/photos/2026 -U anna
`,
    );
  });

  it("says before trees are deleted what a server that hides its links lets be deleted", () => {
    const text = subcommandHelpText("rm", smbxPersonality);
    assert.match(text.replaceAll("\n", " "), /what such a link leads to is deleted/);
    for (const line of text.split("\n")) assert.ok(line.length < 80, line);
  });

  it("is there for each, with options that exist and an example that is understood", () => {
    const known = new Set(optionSections.flatMap(({ options }) => options.map(({ long }) => long)));
    for (const name of subcommandNames) {
      const { options, example } = subcommandHelp[name] ?? { options: [], example: "" };
      for (const option of options) assert.ok(known.has(option), option);
      const parsed = parseCommandLine(example.split(" "), smbxPersonality);
      assert.ok(parsed.kind === "subcommand" && parsed.name === name, name);
      assert.ok(parsed.operands.length > 0, name);
      assert.equal(options.includes("recursive"), summaryOf(name).includes("[-r]"), name);
    }
  });

  it("is asked for before or behind its name", () => {
    const expected = { kind: "help", subcommand: "ls" };
    assert.deepEqual(parseCommandLine(["ls", "--help"], smbxPersonality), expected);
    assert.deepEqual(parseCommandLine(["-?", "ls", "//s/h"], smbxPersonality), expected);
    assert.deepEqual(parseCommandLine(["//s/h", "ls", "--help"], smbxPersonality), {
      kind: "help",
    });
    assert.deepEqual(parseCommandLine(["ls", "--help"], smbclientPersonality), { kind: "help" });
  });

  function summaryOf(name: string): string {
    return subcommandSummaries.find(([words]) => words.startsWith(`${name} `))?.[0] ?? "";
  }
});

describe("usage", () => {
  it("is smbclient's to the letter", () => {
    assert.equal(usageText(smbclientPersonality), smbclientUsage);
  });

  it("points at --help", () => {
    assert.match(usageText(smbxPersonality), /Try 'smbx --help'/);
  });
});

describe("the option table", () => {
  it("has every name once", () => {
    const options = optionSections.flatMap((section) => section.options);
    const longs = options.map(({ long }) => long);
    const shorts = options.flatMap(({ short }) => short ?? []);
    assert.equal(new Set(longs).size, longs.length);
    assert.equal(new Set(shorts).size, shorts.length);
  });
});

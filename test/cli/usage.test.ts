import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optionSections } from "../../src/cli/option-table.ts";
import { smbclientPersonality, smbxPersonality } from "../../src/cli/personality.ts";
import { subcommandNames } from "../../src/cli/subcommand-names.ts";
import { helpText, usageText } from "../../src/cli/usage.ts";
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

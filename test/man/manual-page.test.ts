import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { manualPage } from "../../man/generate.ts";
import { markdownToRoff } from "../../man/markdown-to-roff.ts";
import { commandTable } from "../../src/cli/commands/index.ts";
import { optionSections } from "../../src/cli/option-table.ts";

const page = manualPage();
const hasGroff = spawnSync("groff", ["--version"]).status === 0;

describe("man/smbx.1", () => {
  it("is what its sources give (npm run man)", () => {
    const committed = readFileSync(new URL("../../man/smbx.1", import.meta.url), "utf8");
    assert.equal(committed, page);
  });

  it("names every command and every option", () => {
    for (const command of commandTable.commands) {
      for (const name of command.names) {
        assert.ok(page.includes(`\\fB${name.replaceAll("-", "\\-")}\\fR`), name);
      }
    }
    for (const { long } of optionSections.flatMap((section) => section.options)) {
      assert.ok(page.includes(`\\fB\\-\\-${long.replaceAll("-", "\\-")}\\fR`), long);
    }
  });

  it("has the sections that manual pages have", () => {
    const titles = [...page.matchAll(/^\.SH (.*)$/gm)].map((match) => match[1]);
    assert.deepEqual(titles, [
      ...["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ONE\\-SHOT COMMANDS", "SHELL COMMANDS"],
      ...["TRANSPORTS", "SMB OVER QUIC"],
      ...["ENVIRONMENT", "FILES", "EXIT STATUS", "COMPATIBILITY WITH SMBCLIENT", "EXAMPLES"],
      "SEE ALSO",
    ]);
  });

  it("renders without warnings", { skip: hasGroff ? false : "groff is not installed" }, () => {
    const { status, stderr, stdout } = spawnSync("groff", ["-man", "-Tascii", "-ww"], {
      input: page,
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.ok(stdout.includes("deltree"));
  });
});

describe("markdownToRoff", () => {
  const rows = [
    ["# A title", ".SH A title\n"],
    ["one\ntwo", ".PP\none two\n"],
    ["**b** and *i* and _i_ and `c`", ".PP\n\\fBb\\fR and \\fIi\\fR and \\fIi\\fR and \\fBc\\fR\n"],
    ["snake_case_word", ".PP\nsnake_case_word\n"],
    ["a-b \\ 'c' ~", ".PP\na\\-b \\e \\(aqc\\(aq \\(ti\n"],
    [".hidden", ".PP\n\\&.hidden\n"],
    ["- one\n  more\n- two", ".IP \\(bu 2\none more\n.IP \\(bu 2\ntwo\n"],
    ["**term**\n: explained", ".TP\n\\fBterm\\fR\nexplained\n"],
    ["```\n.a\n\n b*c*\n```", ".PP\n.RS 4\n.EX\n\\&.a\n\n b*c*\n.EE\n.RE\n"],
  ] as const;
  for (const [markdown, roff] of rows) {
    it(JSON.stringify(markdown), () => assert.equal(markdownToRoff(markdown), roff));
  }

  it("refuses a code block without an end", () => {
    assert.throws(() => markdownToRoff("```\ncode"), /not closed/);
  });
});

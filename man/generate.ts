import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownToRoff } from "./markdown-to-roff.ts";
import { generatedSections } from "./sections.ts";

const SOURCE = new URL("smbx.1.md", import.meta.url);
const TARGET = new URL("smbx.1", import.meta.url);
const PACKAGE = new URL("../package.json", import.meta.url);

/** The manual page: the prose of smbx.1.md with the sections that the program's tables give. */
export function manualPage(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  const prose = readFileSync(SOURCE, "utf8");
  const parts = prose.split(/^<!-- ([a-z-]+) -->$/m);
  // Prose and names of generated sections alternate.
  const body = parts.map((part, index) =>
    index % 2 === 0 ? markdownToRoff(part) : generated(part),
  );
  // No date: the same sources give the same page.
  return `.\\" Written by man/generate.ts from man/smbx.1.md; change that.\n.TH SMBX 1 "" "smbx ${version}" "User Commands"\n.nh\n.ad l\n${body.join("")}`;
}

function generated(name: string): string {
  const section = generatedSections[name];
  if (section === undefined) throw new Error(`smbx.1.md asks for an unknown section: ${name}`);
  return section();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, manualPage());

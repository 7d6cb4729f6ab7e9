import { createRequire } from "node:module";
import { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import type { Invocation } from "./options.ts";
import type { Personality } from "./personality.ts";
import { printable } from "./render/printable.ts";
import { helpText, subcommandHelpText, usageText } from "./usage.ts";

/** The release of smbclient that we pass for. */
const SMBCLIENT_VERSION = "4.25.1";

/** Answers a command line that needs no server: help, version, mistakes. Returns the exit status. */
export function answer(
  invocation: Extract<Invocation, { kind: "help" | "usage" | "version" | "wrong" | "nothing" }>,
  io: Pick<Io, "out" | "err">,
  personality: Personality,
): number {
  switch (invocation.kind) {
    case "help":
      io.out(
        invocation.subcommand === undefined
          ? helpText(personality)
          : subcommandHelpText(invocation.subcommand, personality),
      );
      return ExitCode.OK;
    case "usage":
      io.out(usageText(personality));
      return ExitCode.OK;
    case "version":
      io.out(versionText(personality));
      return ExitCode.OK;
    case "nothing":
      io.err(usageText(personality));
      break;
    case "wrong":
      io.err(mistakeText(invocation, personality));
  }
  return personality.hasExtensions ? ExitCode.USAGE : ExitCode.FAILURE;
}

function versionText(personality: Personality): string {
  const { version } = createRequire(import.meta.filename)("../../package.json") as {
    version: string;
  };
  return personality.hasExtensions
    ? `smbx ${version}\n`
    : `Version ${SMBCLIENT_VERSION}-smbx-${version}\n`;
}

function mistakeText(
  wrong: Extract<Invocation, { kind: "wrong" }>,
  personality: Personality,
): string {
  const message = printable(wrong.message);
  const option = wrong.option === undefined ? undefined : printable(wrong.option);
  if (personality.hasExtensions) {
    return `${personality.program}: ${message}\n${usageText(personality)}`;
  }
  return option === undefined
    ? `${message}\n`
    : `\nInvalid option ${option}: unknown option\n\n${usageText(personality)}`;
}

import { DEFAULT_TIMEOUT_SECONDS } from "./connect.ts";
import type { ShellSettings } from "./context.ts";
import type { Options } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import { DEFAULT_JOBS } from "./transfer/limits.ts";

/** A shell keeps interrupted transfers from this size on; who waits for less starts it again. */
const KEPT_BYTES = 64 * 1024 * 1024;

function partialFromBytes({ partial }: Options): number {
  return partial ? 0 : KEPT_BYTES;
}

/** How a shell or a subcommand starts out. */
export function shellSettings(options: Options, personality: Personality): ShellSettings {
  return {
    recurse: options.recursive,
    prompt: true,
    lowercase: false,
    mask: "",
    timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    ioSize: options.ioSize ?? 0,
    keepTimes: personality.keepsTimes && !options.noTimes,
    inplace: options.inplace || !personality.usesTemporaryNames,
    verify: options.verify,
    partialFromBytes: personality.usesTemporaryNames ? partialFromBytes(options) : undefined,
    // One after the other where every line has its place.
    jobs: options.jobs ?? (personality.hasExtensions ? DEFAULT_JOBS : 1),
  };
}

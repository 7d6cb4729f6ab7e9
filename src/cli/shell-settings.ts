import { DEFAULT_TIMEOUT_SECONDS } from "./connect.ts";
import type { ShellSettings } from "./context.ts";
import type { Options } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import { DEFAULT_JOBS } from "./transfer/limits.ts";

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
    // One after the other where every line has its place.
    jobs: options.jobs ?? (personality.hasExtensions ? DEFAULT_JOBS : 1),
  };
}

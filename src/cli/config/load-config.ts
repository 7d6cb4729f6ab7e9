import { hostname } from "node:os";
import type { Options } from "../option-values.ts";
import { type ClientConfig, clientConfig } from "./client-config.ts";
import { userNameOf } from "./environment.ts";
import { type ConfParameter, DEFAULT_CONF_PATH, readSmbConf } from "./smb-conf.ts";

/**
 * Reads the configuration file (`-s`, else SMB_CONF_PATH, else the system's) and puts the options
 * over it. A missing default file is no matter; one that was named is warned about.
 *
 * @throws {UsageError} for an `--option` that makes no sense
 */
export function loadConfig(
  options: Pick<Options, "configFile" | "settings">,
  environment: Readonly<Record<string, string | undefined>>,
): ClientConfig {
  const named = options.configFile ?? environment["SMB_CONF_PATH"];
  let parameters: readonly ConfParameter[] = [];
  const warnings: string[] = [];
  try {
    parameters = readSmbConf(named ?? DEFAULT_CONF_PATH, {
      hostName: hostname(),
      netbiosName: hostname().split(".", 1)[0] ?? "",
      userName: userNameOf(environment["USER"] ?? environment["LOGNAME"] ?? ""),
      environment,
    });
  } catch {
    if (named !== undefined) warnings.push(`Can't load ${named} - run testparm to debug it`);
  }
  const config = clientConfig(parameters, options.settings);
  return { ...config, warnings: [...warnings, ...config.warnings] };
}

import { join } from "node:path";

/** smb.conf parameters, by name; spelling and case as smb.conf allows. */
export type SambaParameters = Readonly<Record<string, string>>;

/** A share of a private server. */
export interface EmbeddedShare {
  readonly name: string;
  /** The directory that is shared; one inside the server's private directory where not given. */
  readonly path?: string;
  /** More parameters of the share; they win over the defaults. */
  readonly parameters?: SambaParameters;
}

/** The directories that keep one smbd apart from every other. */
export const PRIVATE_DIRECTORIES = {
  "private dir": "private",
  "state directory": "state",
  "lock directory": "lock",
  "cache directory": "cache",
  "pid directory": "pid",
  "ncalrpc dir": "ncalrpc",
} as const;

const QUIET_DEFAULTS: SambaParameters = {
  workgroup: "SMBX",
  "netbios name": "SMBXSERVER",
  "server string": "smbx embedded server",
  "server role": "standalone server",
  security: "user",
  "map to guest": "never",
  "guest account": "nobody",
  "obey pam restrictions": "no",
  "unix password sync": "no",
  "usershare path": "",
  interfaces: "lo",
  "bind interfaces only": "yes",
  // NetBIOS sessions must work where a port for them is listed; no name service is started.
  "disable netbios": "no",
  "disable spoolss": "yes",
  "load printers": "no",
  printing: "bsd",
  "printcap name": "/dev/null",
  "server min protocol": "SMB2_02",
  logging: "file",
  "log level": "1",
  "max log size": "0",
};

/** The text of an smb.conf whose server lives in `directory` alone. */
export function renderSambaConfig(options: {
  readonly directory: string;
  readonly ports: readonly number[];
  readonly global: SambaParameters;
  readonly shares: readonly (EmbeddedShare & { readonly path: string })[];
}): string {
  const global: Record<string, string> = {
    ...QUIET_DEFAULTS,
    "smb ports": options.ports.join(" "),
    "passdb backend": `tdbsam:${join(options.directory, "private", "passdb.tdb")}`,
    "log file": join(options.directory, "log", "log.%m"),
  };
  for (const [parameter, name] of Object.entries(PRIVATE_DIRECTORIES)) {
    global[parameter] = join(options.directory, name);
  }
  const sections = [renderSection("global", merge(global, options.global))];
  for (const share of options.shares) {
    const defaults = { path: share.path, "read only": "no" };
    sections.push(renderSection(share.name, merge(defaults, share.parameters ?? {})));
  }
  return sections.join("\n");
}

/** Joins parameters; smb.conf ignores case and spaces in names, so `smbports` replaces `smb ports`. */
function merge(base: SambaParameters, over: SambaParameters): SambaParameters {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/\s/g, "");
  const replaced = new Set(Object.keys(over).map(plain));
  const kept = Object.entries(base).filter(([name]) => !replaced.has(plain(name)));
  return { ...Object.fromEntries(kept), ...over };
}

function renderSection(name: string, parameters: SambaParameters): string {
  const lines = Object.entries(parameters).map(([key, value]) => `  ${key} = ${value}\n`);
  return `[${name}]\n${lines.join("")}`;
}

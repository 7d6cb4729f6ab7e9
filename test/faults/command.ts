import { isResumed, isTree, isUpload, type Job } from "./job.ts";
import { TREE } from "./scene.ts";

/** How the server is reached. */
export interface Way {
  readonly transport: "tcp" | "quic";
  readonly port: number;
  /** For QUIC: the certificate authority. */
  readonly caFile?: string;
  readonly username: string;
  readonly password: string;
  readonly share: string;
  /** The job's directory on the share. */
  readonly directory: string;
}

/** What the program is started with, in the job's local directory. */
export interface Command {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The command line of a job; `resumes` goes on with what is there. */
export function commandOf(job: Job, way: Way, resumes = false): Command {
  const compat = job.personality === "smbclient" ? { SMBX_COMPAT: "smbclient" } : undefined;
  const env = { USER: way.username, PASSWD: way.password, ...compat };
  const isShell = job.form === "shell" || resumes;
  const args = isShell ? shell(job, way, resumes) : oneShot(job, way);
  return { args, env };
}

function oneShot(job: Job, way: Way): string[] {
  const name = isUpload(job) ? "put" : "get";
  const place = `${shareOf(way)}/${way.directory}/`;
  const [file] = job.files;
  const path = isTree(job) ? TREE : (file?.path ?? "");
  const operands = isUpload(job) ? [path, place] : [place + path, "."];
  return [name, ...(isTree(job) ? ["-r"] : []), ...options(job, way), ...operands];
}

function shell(job: Job, way: Way, resumes: boolean): string[] {
  const directory = isTree(job) ? `${way.directory}/${TREE}` : way.directory;
  const place = ["-D", directory];
  return [...options(job, way), shareOf(way), ...place, "-c", shellCommand(job, resumes)];
}

function shellCommand(job: Job, resumes: boolean): string {
  const name = isUpload(job) ? "put" : "get";
  if (isTree(job)) return `lcd ${TREE}; prompt; recurse; m${name} *`;
  const path = job.files[0]?.path ?? "";
  return `${isResumed(job) || resumes ? "re" : ""}${name} "${path}" "${path}"`;
}

function shareOf({ transport, share }: Way): string {
  return `//${transport === "quic" ? "localhost" : "127.0.0.1"}/${share}`;
}

function options(job: Job, way: Way): string[] {
  const { personality, protection, dialect, channels, timeoutSeconds } = job;
  const own = [
    `--multichannel=${channels}`,
    ...(job.kind.includes("in place") ? ["--inplace"] : []),
  ];
  return [
    ...wireOptions(way),
    ...["-m", dialect, `--client-protection=${protection}`, "-t", String(timeoutSeconds)],
    ...(personality === "smbx" ? own : []),
  ];
}

function wireOptions({ transport, port, caFile = "" }: Way): string[] {
  if (transport === "tcp") return ["-p", String(port)];
  return ["-I", "127.0.0.1", "--transport", `quic:${port}`, "--quic-ca", caFile];
}

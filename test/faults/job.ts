import type { SeededRandom } from "../support/seeded-random.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a job does. */
export const JOB_KINDS = [
  "get",
  "put",
  "get over a file",
  "put over a file",
  "put in place",
  "put in place over a file",
  "reget",
  "reput",
  "get a tree",
  "put a tree",
  "get a tree over files",
  "put a tree over files",
  "mget",
  "mput",
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const DIALECTS = ["SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11"] as const;

/** One file that a job moves. Contents follow from seeds (content.ts). */
export interface JobFile {
  /** Below the job's directory, with `/`. */
  readonly path: string;
  readonly size: number;
  readonly seed: number;
  /** Another file that has the target's name before. */
  readonly old?: { readonly size: number; readonly seed: number };
  /** How much of the file the target has already. */
  readonly start?: number;
}

/** One run of the program, described so that it can be printed and made again. */
export interface Job {
  readonly kind: JobKind;
  readonly personality: "smbx" | "smbclient";
  /** A job of its own (`smbx get`), or a command of the shell. */
  readonly form: "one-shot" | "shell";
  readonly transport: "tcp" | "quic";
  readonly protection: "off" | "sign" | "encrypt";
  readonly dialect: (typeof DIALECTS)[number];
  readonly channels: number;
  /** `-t`: after so many seconds of silence the server counts as dead. */
  readonly timeoutSeconds: number;
  readonly files: readonly JobFile[];
}

export function isUpload({ kind }: Job): boolean {
  return kind.startsWith("put") || kind === "mput" || kind === "reput";
}

export function isTree({ kind }: Job): boolean {
  return kind.includes("tree") || kind === "mget" || kind === "mput";
}

export function isResumed({ kind }: Job): boolean {
  return kind === "reget" || kind === "reput";
}

/** Whether the targets are written under their own names, and not under temporary ones. */
export function isInPlace(job: Job): boolean {
  return job.personality === "smbclient" || isResumed(job) || job.kind.includes("in place");
}

/** What the job has to move, in bytes. */
export function bytesOf({ files }: Job): number {
  return files.reduce((sum, { size, start = 0 }) => sum + size - start, 0);
}

/** A job of this kind; everything else by chance. */
export function makeJob(kind: JobKind, random: SeededRandom, withQuic: boolean): Job {
  const isOwn = kind.includes("in place") || random.chance(0.6);
  const personality = isOwn ? "smbx" : "smbclient";
  const needsShell =
    !isOwn || ["reget", "reput", "mget", "mput"].includes(kind) || random.chance(0.3);
  const transport = withQuic && isOwn && random.chance(0.25) ? "quic" : "tcp";
  const dialect = transport === "quic" || random.chance(0.5) ? "SMB3_11" : random.pick(DIALECTS);
  const isSmb3 = dialect.startsWith("SMB3");
  const protections = isSmb3 ? (["off", "sign", "encrypt"] as const) : (["off", "sign"] as const);
  return {
    kind,
    personality,
    form: needsShell ? "shell" : "one-shot",
    transport,
    protection: random.pick(protections),
    dialect,
    channels: isSmb3 && isOwn && transport === "tcp" ? random.pick([1, 1, 2, 4]) : 1,
    timeoutSeconds: random.between(3, 5),
    files: makeFiles(kind, random),
  };
}

function makeFiles(kind: JobKind, random: SeededRandom): JobFile[] {
  if (kind.includes("tree") || kind === "mget" || kind === "mput") return makeTree(kind, random);
  const path = random.pick(["file.bin", "a file with spaces.bin", "größe-Ω.bin", "UPPER.BIN"]);
  const most = random.chance(0.3) ? 80 * MIB : 24 * MIB;
  const size = kind.startsWith("re") ? random.between(1, most) : sizeBy(random);
  const file = { path, size, seed: random.below(1 << 30) };
  if (kind.startsWith("re")) return [{ ...file, start: startBy(size, random) }];
  return [kind.includes("over") ? { ...file, old: oldBy(random) } : file];
}

function makeTree(kind: JobKind, random: SeededRandom): JobFile[] {
  const folders = ["", "one/", "one/two/", "with spaces/", "größe/"];
  const count = random.between(2, 120);
  return Array.from({ length: count }, (_, index) => {
    const path = `${random.pick(folders)}f${index}.dat`;
    const isLarge = random.chance(0.05);
    const size = random.below(isLarge ? 6 * MIB : 40 * KIB);
    const file = { path, size, seed: random.below(1 << 30) };
    const isReplaced = kind.includes("over") && random.chance(0.8);
    return isReplaced ? { ...file, old: oldBy(random, 64 * KIB) } : file;
  });
}

function sizeBy(random: SeededRandom): number {
  const edge = random.pick([0, 1, 4096, 64 * KIB, MIB, 8 * MIB]);
  return random.pick([
    Math.max(0, edge + random.between(-1, 1)),
    random.below(64 * KIB),
    random.below(2 * MIB),
    random.below(24 * MIB),
    random.below(24 * MIB),
    random.below(80 * MIB),
  ]);
}

function startBy(size: number, random: SeededRandom): number {
  return random.pick([0, 1, size - 1, random.below(size), random.below(size)]);
}

function oldBy(random: SeededRandom, limit?: number): { size: number; seed: number } {
  const size = limit === undefined ? sizeBy(random) : random.below(limit);
  return { size, seed: random.below(1 << 30) };
}

/** One line for people. */
export function describeJob(job: Job): string {
  const { kind, personality, form, transport, protection, dialect, channels, files } = job;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const what = files.length === 1 ? `${bytes} bytes` : `${files.length} files, ${bytes} bytes`;
  const [only] = files;
  const more =
    files.length > 1 || only === undefined
      ? ""
      : [
          only.start === undefined ? "" : `, ${only.start} there`,
          only.old === undefined ? "" : `, over ${only.old.size}`,
        ].join("");
  const way = `${transport}, ${dialect}, ${protection}, ${channels} channel(s), -t ${job.timeoutSeconds}`;
  return `${kind} (${what}${more}) as ${personality}, ${form}, ${way}`;
}

import { createHash } from "node:crypto";
import { formatSize } from "../render/size.ts";
import type { TransferEnvironment } from "./environment.ts";
import { temporaryName } from "./temporary-name.ts";

/** Less than this is not worth a file that somebody has to know of. */
const LEAST_KEPT_BYTES = 1024 * 1024;

/**
 * The name beside `name` under which an interrupted transfer is kept, so that the same transfer finds it
 * and no other does: `NAME.smbx-XXXXXXXXXXXX.part`, where the letters stand for what is transferred.
 *
 * @param identity what tells the source from all others
 */
export function keptName(name: string, prefix: "." | "", identity: readonly unknown[]): string {
  const text = JSON.stringify(identity, (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const letters = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return temporaryName(name, prefix, letters);
}

/** Whether a transfer of so many bytes is to be kept when it is interrupted. */
export function isKept({ settings }: TransferEnvironment, size: number): boolean {
  const { partialFromBytes } = settings;
  return partialFromBytes !== undefined && size >= Math.max(partialFromBytes, LEAST_KEPT_BYTES);
}

/** Whether so many bytes of an interrupted transfer are worth keeping. */
export function isWorthKeeping(bytes: number): boolean {
  return bytes >= LEAST_KEPT_BYTES;
}

/** A transfer that was interrupted and kept. */
export interface Interruption {
  /** As the side it was read from names it. */
  readonly path: string;
  readonly keptAs: string;
  /** How much of it is there, in bytes. */
  readonly done: number;
  readonly size: number;
  readonly wasAborted: boolean;
}

/** Says how far it came and what continues it. */
export function noteInterruption(env: TransferEnvironment, interruption: Interruption): void {
  const { path, keptAs, done, size, wasAborted } = interruption;
  const verb = wasAborted ? "interrupted" : "stopped";
  const how = env.continuedBy ?? "the same command";
  env.onNotice?.(`${path}: ${verb} at ${share(done, size)}; ${how} continues (kept as ${keptAs})`);
}

/** `1.1 of 3.0 GiB`; both units where they differ. */
function share(done: number, size: number): string {
  const [part, whole] = [formatSize(done), formatSize(size)];
  const unit = whole.slice(whole.indexOf(" "));
  return `${part.endsWith(unit) ? part.slice(0, -unit.length) : part} of ${whole}`;
}

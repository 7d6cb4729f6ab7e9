import type { Tree } from "../../core/index.ts";
import type { TransferSettings } from "./environment.ts";

/** Bytes of one large file under way at once. */
export const WINDOW_BYTES: number = 16 * 1024 * 1024;
/** Bytes of all files under way at once: two large files, or many small ones. */
export const BUDGET_BYTES: number = 2 * WINDOW_BYTES;
/** Files under way at once where the settings do not say. */
export const DEFAULT_JOBS = 64;
/** A larger file is moved in pieces, several at once, whatever one READ or WRITE may carry. */
const LARGEST_SMALL_BYTES = 1024 * 1024;
/** What a file costs besides its bytes: requests, buffers, handles. */
const OVERHEAD_BYTES = 4096;

/** Up to which size a file goes in one READ or WRITE, together with opening and closing it. */
export function smallLimit(tree: Tree, settings: TransferSettings): number {
  const limit = Math.min(tree.chunkSize, LARGEST_SMALL_BYTES);
  return settings.ioSize > 0 ? Math.min(settings.ioSize, limit) : limit;
}

/** What a file takes of the budget. */
export function weightOf(size: number | undefined): number {
  return Math.min((size ?? 0) + OVERHEAD_BYTES, WINDOW_BYTES);
}

/** How many files may be under way at once. */
export function jobsOf(settings: TransferSettings): number {
  return settings.jobs > 0 ? settings.jobs : DEFAULT_JOBS;
}

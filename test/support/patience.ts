/**
 * After how long a test says that something hangs, in milliseconds. Far above what a busy machine makes
 * of anything that ends by itself: tests tell hanging from ending, never slow from fast.
 */
export const PATIENCE_MS = 60_000;

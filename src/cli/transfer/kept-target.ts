import { fstatSync, ftruncateSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { KeptDownload } from "./kept-download.ts";
import { isWorthKeeping } from "./kept-part.ts";
import { type OnNotice, type Place, RenamedTarget } from "./local-target.ts";
import { temporaryName } from "./temporary-name.ts";

/**
 * A regular file under a temporary name that is kept when its transfer breaks off, and goes on where an
 * earlier one has stopped. It is written in order: whatever happens, it is a beginning of the whole.
 */
export class KeptTarget extends RenamedTarget {
  readonly #kept: KeptDownload;
  #keptBytes = 0;

  constructor(place: Place, kept: KeptDownload, onNotice: OnNotice) {
    const path = join(dirname(place.path), temporaryName(basename(place.path), "."));
    super(place, onNotice, { path, fd: kept.claim(path), isOrdered: true });
    this.#kept = kept;
  }

  /** How much of it an earlier transfer has left, in bytes. */
  get size(): number {
    return fstatSync(this.fd).size;
  }

  /** How much was kept when it was discarded, in bytes. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** What is behind `start` will be written anew. To be called first. */
  override begin(start: number): void {
    ftruncateSync(this.fd, start);
    super.begin(start);
  }

  /** Where it is kept when it is discarded. */
  get keptPath(): string {
    return this.#kept.path;
  }

  override discard(isTorn?: boolean): void {
    if (isTorn !== true && this.isUnfinished) this.#keep();
    super.discard(isTorn);
  }

  #keep(): void {
    try {
      const { size } = this;
      if (!isWorthKeeping(size) || !this.#kept.keep(this.fd, this.path)) return;
      this.forget();
      this.#keptBytes = size;
    } catch {
      // Nothing is kept where that cannot be done: it is removed.
    }
  }
}

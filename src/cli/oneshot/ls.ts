import {
  type DirectoryEntry,
  DirectoryEntryError,
  NtStatus,
  type WalkedBatch,
  WalkedDirectory,
} from "../../core/index.ts";
import { phrased, statusNameOf } from "../commands/phrases.ts";
import { splitRemote } from "../commands/remote-mask.ts";
import { displayRemote } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { Listing } from "../render/listing.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import type { ConnectedPlace, Job } from "./job.ts";
import { entryJson } from "./json.ts";
import { directoriesIn, isMask, maskOf, matching } from "./matching.ts";

/** `ls URL…`: what directories hold, files themselves, and with -r all that is below. */
export async function ls(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx ls [-r] URL...");
  const writer = new EntryWriter(job);
  await job.forEachPlace(operands, async (place) => {
    await list(job, writer, place, operands.length > 1);
  });
}

async function list(
  job: Job,
  writer: EntryWriter,
  place: ConnectedPlace,
  hasHeading: boolean,
): Promise<void> {
  if (isMask(place.path)) {
    const { directory, pattern } = maskOf(place.path);
    const start = WalkedDirectory.at(place.tree, directory, { signal: job.signal });
    await listLevel(job, writer, place, start, pattern);
    return;
  }
  maskOf(place.path);
  const heading = hasHeading ? place.path : undefined;
  try {
    const start = WalkedDirectory.at(place.tree, place.path, { signal: job.signal });
    await listLevel(job, writer, place, start, "*", heading);
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    const status = (cause as { readonly status?: unknown } | undefined)?.status;
    if (status !== NtStatus.NOT_A_DIRECTORY && !isMissing(cause)) throw error;
    await listItself(job, writer, place);
  }
}

function isMissing(cause: unknown): boolean {
  return statusNameOf(cause ?? {}) === "NT_STATUS_OBJECT_NAME_NOT_FOUND";
}

/** A file, or nothing at all: then the failure names what was asked for, without our `*`. */
async function listItself(job: Job, writer: EntryWriter, place: ConnectedPlace): Promise<void> {
  const found = await phrased(
    (status) => `${status} listing ${displayRemote(place.path)}`,
    () => place.tree.stat(place.path, { signal: job.signal }),
  );
  const { pattern: name } = splitRemote(place.path);
  writer.entry(place, place.path, { ...found, name, shortName: "", reparseTag: 0 });
}

/** Lists a directory and, with -r, those in it. The heading waits for the server's first answer. */
async function listLevel(
  job: Job,
  writer: EntryWriter,
  place: ConnectedPlace,
  directory: WalkedDirectory,
  pattern: string,
  heading?: string,
): Promise<void> {
  const below: WalkedDirectory[] = [];
  let isFirst = true;
  for await (const batch of matching(directory, pattern)) {
    if (isFirst) writer.heading(heading);
    isFirst = false;
    writer.batch(place, batch);
    // Before the next part is asked for: a listing may be larger than memory.
    await job.io.drained();
    if (job.isRecursive) below.push(...directoriesIn(job, batch));
  }
  if (isFirst) writer.heading(heading);
  for (const each of below) {
    try {
      await listLevel(job, writer, place, each, "*", each.path);
    } catch (error) {
      if (!(error instanceof StatedFailure || error instanceof DirectoryEntryError)) throw error;
      job.fail(error);
    }
  }
}

/** Writes entries as lines like those of the shell, or as JSON. */
class EntryWriter {
  readonly #job: Job;
  readonly #listing = new Listing({ padsByBytes: false, rawNames: false });

  constructor(job: Job) {
    this.#job = job;
  }

  heading(directory: string | undefined): void {
    if (directory !== undefined && !this.#job.isJson)
      this.#job.io.out(`\n${printable(displayRemote(directory))}\n`);
  }

  batch(place: ConnectedPlace, { entries }: WalkedBatch): void {
    if (!this.#job.isJson) {
      this.#job.io.out(this.#listing.format(entries.map(({ entry }) => entry)));
      return;
    }
    for (const { path, fault, entry, isDirectory } of entries) {
      if (path !== undefined) this.entry(place, path, entry);
      // With -r a directory is reported where it is not entered.
      else if (!isDirectory || !this.#job.isRecursive) this.#job.fail(fault);
    }
  }

  entry(place: ConnectedPlace, path: string, entry: DirectoryEntry): void {
    if (this.#job.isJson) this.#job.emit(entryJson(place, path, entry));
    else this.#job.io.out(this.#listing.format([entry]));
  }
}

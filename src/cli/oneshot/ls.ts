import { type DirectoryEntry, NtStatus } from "../../core/index.ts";
import { phrased, statusNameOf } from "../commands/phrases.ts";
import { joinRemote, type RemoteMask, splitRemote } from "../commands/remote-mask.ts";
import { isWalkable } from "../commands/remote-walk.ts";
import { displayRemote } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { Listing } from "../render/listing.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import type { ConnectedPlace, Job } from "./job.ts";
import { entryJson } from "./json.ts";
import { isMask, maskOf, matching } from "./matching.ts";

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
    await listLevel(job, writer, place, maskOf(place.path));
    return;
  }
  maskOf(place.path);
  const heading = hasHeading ? place.path : undefined;
  try {
    await listLevel(job, writer, place, { directory: place.path, pattern: "*" }, heading);
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    const status = (cause as { readonly status?: unknown } | undefined)?.status;
    // An empty root has neither dots nor anything else.
    if (status === NtStatus.NO_SUCH_FILE && place.path === "") return writer.heading(heading);
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
  writer.entries(place, splitRemote(place.path).directory, [{ ...found, name, shortName: "" }]);
}

/** Lists a directory and, with -r, those in it. The heading waits for the server's first answer. */
async function listLevel(
  job: Job,
  writer: EntryWriter,
  place: ConnectedPlace,
  mask: RemoteMask,
  heading?: string,
): Promise<void> {
  const below: string[] = [];
  let isFirst = true;
  for await (const batch of matching(place.tree, mask, job.signal)) {
    if (isFirst) writer.heading(heading);
    isFirst = false;
    writer.entries(place, mask.directory, batch);
    if (!job.isRecursive) continue;
    const directories = batch.filter(isWalkable);
    below.push(...directories.map(({ name }) => joinRemote(mask.directory, name)));
  }
  for (const directory of below) {
    try {
      await listLevel(job, writer, place, { directory, pattern: "*" }, directory);
    } catch (error) {
      if (!(error instanceof StatedFailure)) throw error;
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

  entries(place: ConnectedPlace, directory: string, entries: readonly DirectoryEntry[]): void {
    if (!this.#job.isJson) {
      this.#job.io.out(this.#listing.format(entries));
      return;
    }
    for (const entry of entries) {
      this.#job.emit(entryJson(place, joinRemote(directory, entry.name), entry));
    }
  }
}

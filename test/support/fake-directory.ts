import {
  type DirectoryEntry,
  type DirectoryInformationClass,
  encodeDirectory,
} from "../../src/core/fscc/directory-information.ts";
import { FileInformationClass } from "../../src/core/fscc/file-information-class.ts";
import { NtStatus } from "../../src/core/nt-status.ts";
import { Command } from "../../src/core/smb2/constants.ts";
import type { CreateRequest } from "../../src/core/smb2/create.ts";
import type { QueryDirectoryRequest } from "../../src/core/smb2/query-directory.ts";
import type { FakeRequest, FakeServer } from "./fake-server.ts";
import { CREATED } from "./fake-session.ts";

/** An entry with the fields that matter; the others are those of a plain file. */
export function entryOf(
  name: string,
  fields: Partial<Omit<DirectoryEntry, "name">> = {},
): DirectoryEntry {
  return {
    name,
    shortName: "",
    reparseTag: 0,
    attributes: 0x80,
    size: 1,
    allocationSize: 4096,
    creationTime: 1n,
    lastAccessTime: 1n,
    lastWriteTime: 1n,
    changeTime: 1n,
    fileId: 0n,
    ...fields,
  };
}

/** A directory in a listing. */
export function directoryOf(
  name: string,
  fields: Partial<Omit<DirectoryEntry, "name">> = {},
): DirectoryEntry {
  return entryOf(name, { attributes: 0x10, size: 0, ...fields });
}

/** What a fake server says of one directory. */
export interface FakeDirectory {
  /** One batch after the other. */
  readonly batches: readonly (readonly DirectoryEntry[])[];
  /** What follows the last batch; NO_MORE_FILES by default. */
  readonly end?: number;
  /** The QFid context of CREATE: file and volume. */
  readonly onDisk?: readonly [diskFileId: bigint, volumeId: bigint];
}

/** Serves directories by their paths, each handle from the first batch on. */
export class FakeDirectories {
  /** Handles that are open, by number. */
  readonly open = new Map<number, string>();
  /** The information classes that the server has; others are refused with `refusal`. */
  classes: readonly number[] = [FileInformationClass.ID_BOTH_DIRECTORY];
  refusal: number = NtStatus.INVALID_INFO_CLASS;
  /** Held back until the promise resolves, for a server that takes its time. */
  delay: Promise<void> | undefined;
  readonly #directories: Readonly<Record<string, FakeDirectory>>;
  readonly #positions = new Map<number, number>();
  #last = 0;

  constructor(server: FakeServer, directories: Readonly<Record<string, FakeDirectory>>) {
    this.#directories = directories;
    server.on(Command.CREATE, (request) => this.#create(request));
    server.on(Command.CLOSE, (request) => this.#close(request));
    server.on(Command.QUERY_DIRECTORY, (request) => void this.#query(request));
  }

  #create({ body, reply }: FakeRequest): void {
    const { name } = body as CreateRequest;
    const directory = this.#directories[name];
    if (directory === undefined) {
      reply({ status: NtStatus.OBJECT_NAME_NOT_FOUND });
      return;
    }
    this.#last += 1;
    this.open.set(this.#last, name);
    const fileId = new Uint8Array(16).fill(1);
    new DataView(fileId.buffer).setUint32(0, this.#last);
    const createContexts =
      directory.onDisk === undefined ? [] : [{ name: "QFid", data: onDiskId(directory.onDisk) }];
    reply({ body: { ...CREATED, fileAttributes: 0x10, fileId, createContexts } });
  }

  #close({ body, reply }: FakeRequest): void {
    this.open.delete(handleOf((body as { readonly fileId: Uint8Array }).fileId) ?? this.#last);
    reply({ body: { ...CREATED, flags: 0 } });
  }

  async #query({ body, reply }: FakeRequest): Promise<void> {
    const { fileId, fileInformationClass } = body as QueryDirectoryRequest;
    const handle = handleOf(fileId) ?? this.#last;
    await this.delay;
    const directory = this.#directories[this.open.get(handle) ?? ""];
    if (directory === undefined || !this.classes.includes(fileInformationClass)) {
      reply({ status: directory === undefined ? NtStatus.FILE_CLOSED : this.refusal });
      return;
    }
    const position = this.#positions.get(handle) ?? 0;
    this.#positions.set(handle, position + 1);
    const entries = directory.batches[position];
    if (entries === undefined) {
      reply({ status: directory.end ?? NtStatus.NO_MORE_FILES });
      return;
    }
    const informationClass = fileInformationClass as DirectoryInformationClass;
    reply({ body: { outputBuffer: encodeDirectory(informationClass, entries) } });
  }
}

/** undefined for the handle of the CREATE before it in the frame. */
function handleOf(fileId: Uint8Array): number | undefined {
  const number = new DataView(fileId.buffer, fileId.byteOffset).getUint32(0);
  return number === 0xffff_ffff ? undefined : number;
}

function onDiskId([diskFileId, volumeId]: readonly [bigint, bigint]): Uint8Array {
  const data = new Uint8Array(32);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, diskFileId, true);
  view.setBigUint64(8, volumeId, true);
  return data;
}

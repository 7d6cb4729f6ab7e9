import { bodyOf, closeSpec } from "../file/file-requests.ts";
import { Open, queryInfoSpec } from "../file/open.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import { decodeFileAll } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { AccessMask, InfoType } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { QueryInfoResponse } from "../smb2/query-info.ts";
import type { FileTime } from "../wire/file-time.ts";
import { isClassRefused } from "./listing-class.ts";
import type { CallOptions, TreeConnect } from "./tree-connect.ts";

/** Everything about one file or directory that one round trip tells. */
export interface FileStat {
  readonly attributes: number;
  readonly isDirectory: boolean;
  /** EndOfFile, in bytes; UNKNOWN_SIZE where the server's value is none that a file can have. */
  readonly size: number;
  readonly allocationSize: number;
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
  /** 0n where the server has none. */
  readonly fileId: bigint;
  /** 1 where the server does not say. */
  readonly links: number;
}

/**
 * Opens, asks for FileAllInformation and closes in one frame. Where the server refuses that class, what
 * it said when it opened the file has to do: all but the file's number and the count of its links.
 *
 * @throws {NtStatusError} where the server refuses to open it, or to answer
 */
export async function statPath(
  tree: TreeConnect,
  path: string,
  options: CallOptions = {},
): Promise<FileStat> {
  const access = AccessMask.READ_ATTRIBUTES;
  // A long name does not fit and is cut off, which is no loss.
  const query = {
    ...queryInfoSpec(NO_FILE_ID, InfoType.FILE, FileInformationClass.ALL),
    accept: [NtStatus.BUFFER_OVERFLOW],
    path,
  };
  const close = { path, ...closeSpec(NO_FILE_ID, false) };
  const { signal } = options;
  const specs = [tree.createSpec(path, { access, signal }), query, close];
  const [create, all, closed] = await tree.compound(specs, { signal });
  const created = bodyOf<CreateResponse>(create);
  if (closed instanceof NtStatusError) {
    await new Open(tree, path, created).close().catch(() => undefined);
  }
  if (isClassRefused(all)) return statOfCreated(created);
  return statOfAll(bodyOf<QueryInfoResponse>(all).outputBuffer);
}

function statOfAll(bytes: Uint8Array): FileStat {
  const all = decodeFileAll(bytes);
  return {
    attributes: all.attributes,
    isDirectory: all.isDirectory,
    size: all.size,
    allocationSize: all.allocationSize,
    creationTime: all.creationTime,
    lastAccessTime: all.lastAccessTime,
    lastWriteTime: all.lastWriteTime,
    changeTime: all.changeTime,
    fileId: all.fileId,
    links: all.links,
  };
}

function statOfCreated(created: CreateResponse): FileStat {
  return {
    attributes: created.fileAttributes,
    isDirectory: (created.fileAttributes & FileAttributes.DIRECTORY) !== 0,
    size: created.endOfFile,
    allocationSize: created.allocationSize,
    creationTime: created.creationTime,
    lastAccessTime: created.lastAccessTime,
    lastWriteTime: created.lastWriteTime,
    changeTime: created.changeTime,
    fileId: 0n,
    links: 1,
  };
}

import { TransferError } from "../errors.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply } from "../session/request-spec.ts";
import type { CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { ReadResponse } from "../smb2/read.ts";
import type { TreeConnect } from "../tree/tree-connect.ts";
import { CompoundSupport } from "./compound-support.ts";
import { closeQuietly } from "./discard-file.ts";
import { File } from "./file.ts";
import { bodyOf, closeSpec, readSpec } from "./file-requests.ts";
import { isEndOfFile } from "./read-pipeline.ts";

/** What is needed to read a file and to see what it is. */
export const READ_ACCESS: number = AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES;

const NOTHING = new Uint8Array(0);

/** The answer of `readSmallFile`. */
export interface SmallFile {
  /** What CREATE said about the file. */
  readonly created: CreateResponse;
  /** What CLOSE said, with POSTQUERY_ATTRIB: whether the file is still the one that was opened. */
  readonly closed: CloseResponse | undefined;
  /** From the start of the file; a view that `release` takes back. */
  readonly data: Uint8Array;
  /** The file was no larger than what was asked for: `data` is all of it. */
  readonly isWhole: boolean;
  release(): void;
}

/** What `readSmallFile` is to read. */
export interface SmallRead {
  /** How many bytes to ask for. */
  readonly length: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads up to `length` bytes from the start of a file in ONE round trip: CREATE, READ and CLOSE as a
 * related compound ([MS-SMB2] 3.2.4.1.4), or one after the other where the server cannot do that.
 *
 * @throws {NtStatusError} where the file cannot be opened or read
 */
export async function readSmallFile(
  tree: TreeConnect,
  path: string,
  read: SmallRead,
): Promise<SmallFile> {
  const support = CompoundSupport.of(tree.session);
  if (support.isRefused) return readPlainly(tree, path, read);
  try {
    const small = await readCompound(tree, path, read);
    support.succeeded();
    return small;
  } catch (error) {
    if (!support.mayExplain(error)) throw error;
    return support.plainly(() => readPlainly(tree, path, read));
  }
}

async function readCompound(
  tree: TreeConnect,
  path: string,
  request: SmallRead,
): Promise<SmallFile> {
  const { length, signal } = request;
  const specs: AnyRequestSpec[] = [
    tree.createSpec(path, { access: READ_ACCESS, options: CreateOptions.NON_DIRECTORY_FILE }),
    { ...readSpec(NO_FILE_ID, 0, length), path },
    { ...closeSpec(NO_FILE_ID, true), path },
  ];
  const [create, read, close] = await tree.compound(specs, { signal });
  const created = bodyOf<CreateResponse>(create);
  // A server may fail all that follows a failed READ: then nobody else would close the file.
  if (close instanceof NtStatusError) void closeQuietly(tree, created.fileId);
  if (isEndOfFile(read)) {
    const isWhole = created.endOfFile === 0;
    return { created, closed: closedOf(close), data: NOTHING, isWhole, release() {} };
  }
  const { data } = bodyOf<ReadResponse>(read);
  if (data.length > length) throw new TransferError(`The server sent too much of \\${path}`);
  const isWhole = data.length >= created.endOfFile;
  const release = (): void => (read as Reply<unknown>).release();
  return { created, closed: closedOf(close), data, isWhole, release };
}

function closedOf(close: Reply<unknown> | NtStatusError | undefined): CloseResponse | undefined {
  const isAnswered = close !== undefined && !(close instanceof NtStatusError);
  return isAnswered ? (close.body as CloseResponse) : undefined;
}

async function readPlainly(
  tree: TreeConnect,
  path: string,
  request: SmallRead,
): Promise<SmallFile> {
  const { length, signal } = request;
  const file = await File.create(tree, path, { access: READ_ACCESS, signal });
  try {
    const { created } = file;
    const data = new Uint8Array(Math.min(length, created.endOfFile));
    const count = data.length === 0 ? 0 : await file.read(data, 0, { signal });
    const isWhole = count === created.endOfFile;
    const closed = await file.close({ postQuery: true, signal });
    return { created, closed, data: data.subarray(0, count), isWhole, release() {} };
  } catch (error) {
    await closeQuietly(tree, file.fileId);
    throw error;
  }
}

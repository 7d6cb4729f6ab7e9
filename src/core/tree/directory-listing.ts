import { ProtocolError } from "../errors.ts";
import { type DirectoryEntry, decodeIdBothDirectory } from "../fscc/directory-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Reply, RequestSpec } from "../session/request-spec.ts";
import { CloseRequest, CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import { QueryDirectoryRequest, QueryDirectoryResponse } from "../smb2/query-directory.ts";
import type { TreeConnect } from "./tree-connect.ts";

/** What we ask for per QUERY_DIRECTORY, where the server and the credits allow it. */
const LISTING_BYTES = 1024 * 1024;

export interface ListOptions {
  /** Which names, with the wildcards of [MS-FSA] 2.1.4.4; all by default. */
  readonly pattern?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists a directory batch by batch, `.` and `..` included, in the server's order. The next batch is
 * under way while the caller works on one, and the directory is opened in the same frame as the
 * first. The loop ends only with NO_MORE_FILES ([MS-SMB2] 3.3.5.18).
 *
 * @throws {NtStatusError} NO_SUCH_FILE where nothing matches
 */
export async function* listDirectory(
  tree: TreeConnect,
  directory: string,
  options: ListOptions = {},
): AsyncGenerator<readonly DirectoryEntry[]> {
  const { signal } = options;
  const pattern = options.pattern ?? "*";
  const [opened, first] = await tree.compound(
    [
      tree.createSpec(directory, {
        access: AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.SYNCHRONIZE,
        options: CreateOptions.DIRECTORY_FILE,
      }),
      querySpec(tree, directory, NO_FILE_ID, pattern),
    ],
    { signal },
  );
  if (opened === undefined || opened instanceof NtStatusError) throw opened;
  const { fileId } = opened.body as CreateResponse;
  let current: Reply<QueryDirectoryResponse> | undefined;
  let next: Promise<Reply<QueryDirectoryResponse>> | undefined;
  try {
    if (first === undefined || first instanceof NtStatusError) throw first;
    current = first as Reply<QueryDirectoryResponse>;
    while (current.status === NtStatus.SUCCESS) {
      next = tree.request({ ...querySpec(tree, directory, fileId, pattern), signal });
      // Handled below; a rejection while the caller still works on this batch is no stray one.
      next.catch(() => {});
      const entries = decodeIdBothDirectory(current.body.outputBuffer);
      // Nothing would ever end such a listing.
      if (entries.length === 0)
        throw new ProtocolError("The server sent a part of a listing without a single entry");
      current.release();
      yield entries;
      current = await next;
    }
  } finally {
    await next?.catch(() => {});
    await closeQuietly(tree, fileId);
  }
}

function querySpec(
  tree: TreeConnect,
  path: string,
  fileId: Uint8Array,
  pattern: string,
): RequestSpec<QueryDirectoryRequest, QueryDirectoryResponse> {
  const outputBufferLength = tree.session.transactSize(LISTING_BYTES);
  return {
    request: QueryDirectoryRequest,
    message: {
      fileInformationClass: FileInformationClass.ID_BOTH_DIRECTORY,
      flags: 0,
      fileIndex: 0,
      fileId,
      fileName: pattern,
      outputBufferLength,
    },
    response: QueryDirectoryResponse,
    expectedSize: outputBufferLength,
    accept: [NtStatus.NO_MORE_FILES],
    path,
  };
}

/** The listing is complete or has failed already: what closing says does not matter any more. */
async function closeQuietly(tree: TreeConnect, fileId: Uint8Array): Promise<void> {
  await tree
    .request({ request: CloseRequest, message: { flags: 0, fileId }, response: CloseResponse })
    .catch(() => {});
}

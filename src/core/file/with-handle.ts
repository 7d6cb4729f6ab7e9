import { encodeFileDisposition } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply, RequestSpec } from "../session/request-spec.ts";
import { AccessMask, CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { CallOptions, OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import { closeSpec } from "./file-requests.ts";
import { Open, setInfoSpec } from "./open.ts";

/**
 * CREATE, one operation on the handle and CLOSE in one frame. Resolves with the operation's reply,
 * or with the CREATE's where there is none.
 *
 * @throws {NtStatusError} of the first of them that failed
 */
export async function withHandle(
  tree: TreeConnect,
  path: string,
  open: OpenOptions,
): Promise<Reply<CreateResponse>>;
export async function withHandle<Q, R>(
  tree: TreeConnect,
  path: string,
  open: OpenOptions,
  operation: RequestSpec<Q, R>,
): Promise<Reply<R>>;
export async function withHandle(
  tree: TreeConnect,
  path: string,
  open: OpenOptions,
  operation?: AnyRequestSpec,
): Promise<Reply<unknown>> {
  const middle = operation === undefined ? [] : [{ path, ...operation }];
  const close = { path, ...closeSpec(NO_FILE_ID, false) };
  const { signal } = open;
  const results = await tree.compound([tree.createSpec(path, open), ...middle, close], { signal });
  const [created] = results;
  const isOpen = created !== undefined && !(created instanceof NtStatusError);
  if (isOpen && results.at(-1) instanceof NtStatusError) {
    await new Open(tree, path, created.body as CreateResponse).close().catch(() => undefined);
  }
  for (const result of results) if (result instanceof NtStatusError) throw result;
  return results[middle.length] as Reply<unknown>;
}

/** What a server says of a path that leads nowhere, or soon will. */
const GONE: readonly number[] = [
  NtStatus.OBJECT_NAME_NOT_FOUND,
  NtStatus.OBJECT_PATH_NOT_FOUND,
  NtStatus.DELETE_PENDING,
];

/**
 * Removes a file or an empty directory by its name, in one round trip; a link is removed itself, not
 * what it points to. `kind` is DIRECTORY_FILE or NON_DIRECTORY_FILE of CreateOptions.
 */
export async function removePath(
  tree: TreeConnect,
  path: string,
  kind: number,
  options: CallOptions = {},
): Promise<void> {
  const info = encodeFileDisposition(true);
  const open: OpenOptions = {
    ...options,
    access: AccessMask.DELETE | AccessMask.READ_ATTRIBUTES,
    options: kind | CreateOptions.OPEN_REPARSE_POINT,
  };
  try {
    await withHandle(tree, path, open, {
      ...setInfoSpec(NO_FILE_ID, FileInformationClass.DISPOSITION, info),
      mayReplay: true,
    });
  } catch (error) {
    // Asked again after a channel died: it was the first request that removed it.
    const isGone = error instanceof NtStatusError && GONE.includes(error.status);
    if (!isGone || !error.wasRepeated) throw error;
  }
}

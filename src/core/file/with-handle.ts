import { encodeFileDisposition } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { type Result, sendOneByOne } from "../session/one-by-one.ts";
import type { AnyRequestSpec, Reply, RequestSpec } from "../session/request-spec.ts";
import type { CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { CallOptions, OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import { CompoundSupport } from "./compound-support.ts";
import { bodyOf, closeSpec } from "./file-requests.ts";
import { setInfoSpec } from "./open.ts";
import { patiently } from "./patience.ts";

/** What came of operations on a file that was opened and closed for them. */
export interface Handled {
  readonly created: Reply<CreateResponse>;
  /** For each operation its reply, or the status it failed with. */
  readonly results: readonly Result[];
  /** Its CLOSE, or what that failed with. */
  readonly closed: Reply<CloseResponse> | NtStatusError;
}

/**
 * CREATE, operations on the handle and CLOSE in one frame, or one after the other where the server
 * cannot do that. The operations name the handle by sixteen bytes of 0xFF.
 *
 * @throws {NtStatusError} where the CREATE failed
 */
export async function onHandle(
  tree: TreeConnect,
  path: string,
  open: OpenOptions,
  operations: readonly AnyRequestSpec[],
): Promise<Handled> {
  const { signal } = open;
  const close = { path, ...closeSpec(NO_FILE_ID, true) };
  const specs = [
    tree.createSpec(path, open),
    ...operations.map((operation) => ({ path, ...operation })),
    close,
  ];
  const isApart = CompoundSupport.of(tree.session).isRefused;
  const answers = isApart
    ? await sendOneByOne(specs, (spec) => tree.request({ ...spec, signal }))
    : await tree.compound(specs, { signal });
  bodyOf(answers[0]);
  const created = answers[0] as Reply<CreateResponse>;
  const results = answers.slice(1, -1);
  const closed = answers.at(-1) as Handled["closed"];
  if (!(closed instanceof NtStatusError)) return { created, results, closed };
  // A server may fail all that follows a failure, or do no CLOSE behind some requests (ksmbd, Linux 7.3).
  const alone = { ...closeSpec(created.body.fileId, true), path };
  const again = await tree.request(alone).catch((error: unknown) => {
    if (error instanceof NtStatusError) return error;
    throw error;
  });
  const isGone = again instanceof NtStatusError && again.status === NtStatus.FILE_CLOSED;
  return { created, results, closed: isGone ? closed : again };
}

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
  const operations = operation === undefined ? [] : [operation];
  const { created, results, closed } = await onHandle(tree, path, open, operations);
  for (const result of [...results, closed]) if (result instanceof NtStatusError) throw result;
  return (results[0] ?? created) as Reply<unknown>;
}

/** What `removePath` removes. */
export interface Removal extends CallOptions {
  /** We have just removed all that was in the directory: that it is not empty will pass. */
  readonly wasEmptied?: boolean | undefined;
}

/** What a server says of a path that leads nowhere. */
const GONE: readonly number[] = [NtStatus.OBJECT_NAME_NOT_FOUND, NtStatus.OBJECT_PATH_NOT_FOUND];

/**
 * Removes a file or an empty directory by its name, in one round trip; a link is removed itself, not
 * what it points to. `kind` is DIRECTORY_FILE or NON_DIRECTORY_FILE of CreateOptions. What is being
 * deleted already is as good as gone.
 */
export async function removePath(
  tree: TreeConnect,
  path: string,
  kind: number,
  options: Removal = {},
): Promise<void> {
  const { signal } = options;
  const open = {
    signal,
    access: AccessMask.DELETE | AccessMask.READ_ATTRIBUTES,
    options: kind | CreateOptions.OPEN_REPARSE_POINT,
  };
  const info = encodeFileDisposition(true);
  const operation = {
    ...setInfoSpec(NO_FILE_ID, FileInformationClass.DISPOSITION, info),
    mayReplay: true,
  };
  const passing: readonly number[] =
    options.wasEmptied === true ? [NtStatus.DIRECTORY_NOT_EMPTY] : [];
  try {
    await patiently(tree, passing, () => withHandle(tree, path, open, operation), { signal });
  } catch (error) {
    if (!(error instanceof NtStatusError)) throw error;
    if (error.status === NtStatus.DELETE_PENDING) return;
    // Asked again after a channel died: it was the first request that removed it.
    if (error.wasRepeated && GONE.includes(error.status)) return;
    throw passing.includes(error.status) ? stillNotEmpty(error, path) : error;
  }
}

function stillNotEmpty(cause: NtStatusError, path: string): NtStatusError {
  const { status, command } = cause;
  const explanation =
    "Another program still has a deleted file of it open, or has put a new one into it";
  return new NtStatusError(status, { command, path, explanation, cause });
}

import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { type Result, sendOneByOne } from "../session/one-by-one.ts";
import type { AnyRequestSpec } from "../session/request-spec.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { CallOptions, OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import { CompoundSupport } from "./compound-support.ts";
import { closeQuietly, discardFile } from "./discard-file.ts";
import { File } from "./file.ts";
import { type FileCharacter, querySecuritySpec, securityOf } from "./file-character.ts";
import { bodyOf } from "./file-requests.ts";
import { withGrace } from "./grace.ts";
import { patiently } from "./patience.ts";
import { emptyingOptions, isTakenByUs, reopenOptions, writeOptions } from "./replace-file.ts";
import { lookAtTarget, type Target, whyNotReplaced } from "./replacement-target.ts";

/** A file that is open to be written from its start. */
export interface Destination {
  readonly file: File;
  /** Its name until it is whole; undefined where it is written under its own. */
  readonly temporaryPath: string | undefined;
}

/** Where a file is to be written. */
export interface DestinationPaths {
  readonly path: string;
  /** Where it may be written first; without it `path` is overwritten in place. */
  readonly temporaryPath: string | undefined;
}

/**
 * Opens a file to write a whole new content to. It gets its temporary name where nothing has `path`, or
 * where a file has it that a new one can replace without losing anything but the old bytes; else, as
 * without a temporary name, what has `path` is overwritten, if the server allows that.
 *
 * @throws {NtStatusError} FILE_IS_A_DIRECTORY, or as the server answers the CREATE
 */
export async function openDestination(
  tree: TreeConnect,
  paths: DestinationPaths,
  options: CallOptions = {},
): Promise<Destination> {
  const { path, temporaryPath } = paths;
  if (temporaryPath === undefined) return openInPlace(tree, path, undefined, options);
  const [target, made] = await Promise.allSettled([
    lookAtTarget(tree, path, options),
    makeTemporaryFile(tree, temporaryPath, options),
  ]);
  const file = made.status === "fulfilled" ? made.value.file : undefined;
  const discard = async (): Promise<void> => {
    if (file !== undefined) await discardFile(tree, file.fileId, temporaryPath);
  };
  if (target.status === "rejected") {
    await discard();
    throw target.reason;
  }
  if (isInPlace(target.value, made)) {
    await discard();
    return openInPlace(tree, path, target.value, options);
  }
  if (file === undefined) throw (made as PromiseRejectedResult).reason;
  return { file, temporaryPath };
}

/**
 * Why `file`, a part that is open, must not take the place of what has the name `path`: undefined where it
 * may. See `openDestination`.
 *
 * @throws {NtStatusError} FILE_IS_A_DIRECTORY
 */
export async function whyNotToReplace(
  file: File,
  path: string,
  { signal }: CallOptions = {},
): Promise<string | undefined> {
  const { tree, fileId, created } = file;
  const asked = file.request({ ...querySecuritySpec(fileId), signal });
  const [target, security] = await Promise.all([
    lookAtTarget(tree, path, { signal }),
    asked.catch((error: unknown) => {
      if (error instanceof NtStatusError) return error;
      throw error;
    }),
  ]);
  const character = { attributes: created.fileAttributes, security: securityOf(security) };
  return whyNotReplaced(target, character);
}

/**
 * Whether a file has to be written in place, if `made` is its replacement. Where that could not be made
 * for lack of room, the old file must not be emptied either.
 */
export function isInPlace(target: Target, made: PromiseSettledResult<FileCharacter>): boolean {
  if (made.status === "fulfilled") return whyNotReplaced(target, made.value) !== undefined;
  const { reason } = made;
  const isDenied = reason instanceof NtStatusError && reason.status === NtStatus.ACCESS_DENIED;
  return target.kind === "special" && isDenied;
}

/** Whether OVERWRITE_IF would take from a file what it is written in place for. */
export function isToBeEmptied(target: Target | undefined): boolean {
  return target?.kind === "special" && target.hasAttachments;
}

async function openInPlace(
  tree: TreeConnect,
  path: string,
  target: Target | undefined,
  { signal }: CallOptions,
): Promise<Destination> {
  const isEmptied = isToBeEmptied(target);
  const open = { ...(isEmptied ? emptyingOptions() : writeOptions(false)), signal };
  const file = await patiently(
    tree,
    [NtStatus.DELETE_PENDING],
    () => File.create(tree, path, open),
    {
      signal,
    },
  );
  if (isEmptied) await empty(file, signal);
  return { file, temporaryPath: undefined };
}

async function empty(file: File, signal: AbortSignal | undefined): Promise<void> {
  try {
    await file.setEndOfFile(0, { signal });
  } catch (error) {
    await closeQuietly(file.tree, file.fileId);
    throw error;
  }
}

/** A new file, and what it is besides its bytes. */
interface TemporaryFile extends FileCharacter {
  readonly file: File;
}

/**
 * Makes a new file that will take another one's place. Should `signal` abort while the server makes
 * it, it is removed again before the promise rejects.
 */
export async function createTemporaryFile(
  tree: TreeConnect,
  path: string,
  options: CallOptions = {},
): Promise<File> {
  return (await makeTemporaryFile(tree, path, options)).file;
}

async function makeTemporaryFile(
  tree: TreeConnect,
  path: string,
  options: CallOptions,
): Promise<TemporaryFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  const [created, security] = await create(tree, path, writeOptions(true), signal).catch(
    (error: unknown) => {
      if (isTakenByUs(tree, error)) return create(tree, path, reopenOptions(), signal);
      throw error;
    },
  );
  const body = bodyOf<CreateResponse>(created);
  if (signal?.aborted === true) {
    await discardFile(tree, body.fileId, path);
    throw signal.reason;
  }
  const file = new File(tree, path, body);
  return { file, attributes: body.fileAttributes, security: securityOf(security) };
}

async function create(
  tree: TreeConnect,
  path: string,
  open: OpenOptions,
  signal: AbortSignal | undefined,
): Promise<readonly Result[]> {
  const specs: AnyRequestSpec[] = [
    {
      ...tree.createSpec(path, open),
      mayReplay: true,
      onLateReply: (reply) => {
        void discardFile(tree, (reply.body as CreateResponse).fileId, path);
      },
    },
    { ...querySecuritySpec(NO_FILE_ID), path },
  ];
  const within = { signal: withGrace(signal) };
  const answers = CompoundSupport.of(tree.session).isRefused
    ? await sendOneByOne(specs, (spec) => tree.request({ ...spec, ...within }))
    : await tree.compound(specs, within);
  bodyOf(answers[0]);
  return answers;
}

import { FileAttributes } from "../fscc/file-attributes.ts";
import { decodeFileAll, type FileAllInformation } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { decodeFileStreams } from "../fscc/stream-information.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Result } from "../session/one-by-one.ts";
import type { AnyRequestSpec } from "../session/request-spec.ts";
import type { Session } from "../session/session.ts";
import { AccessMask, CreateOptions, CtlCode, InfoType, ShareAccess } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { QueryInfoResponse } from "../smb2/query-info.ts";
import type { CallOptions, TreeConnect } from "../tree/tree-connect.ts";
import type { FileTime } from "../wire/file-time.ts";
import { type FileCharacter, querySecuritySpec, securityOf, whatIsLost } from "./file-character.ts";
import { bodyOf } from "./file-requests.ts";
import { ioctlSpec, queryInfoSpec } from "./open.ts";
import { patiently } from "./patience.ts";
import { onHandle } from "./with-handle.ts";

/** What has the name that a new file is to get. */
export type Target =
  /** Nothing has it. */
  | { readonly kind: "none" }
  /** A file that a new one of the same character may replace. */
  | ({
      readonly kind: "plain";
      /** As the server spells it: an overwritten file keeps the case of its name. */
      readonly path: string;
      readonly creationTime: FileTime;
    } & FileCharacter)
  /** A file that keeps what it is only if it is written in place. */
  | {
      readonly kind: "special";
      readonly why: string;
      /** It has streams or extended attributes, which OVERWRITE_IF takes away ([MS-FSA] 2.1.5.1.2). */
      readonly hasAttachments: boolean;
    };

/**
 * What writing in place needs, and deleting besides; and to see who may do what. Whoever reads the
 * file may go on; whoever may write to it would go on with the old one, and lose that.
 */
const LOOK = {
  access:
    AccessMask.WRITE_DATA |
    AccessMask.READ_ATTRIBUTES |
    AccessMask.WRITE_ATTRIBUTES |
    AccessMask.READ_CONTROL |
    AccessMask.DELETE,
  shareAccess: ShareAccess.READ,
  options: CreateOptions.NON_DIRECTORY_FILE,
};

/** With these a server has its own idea of what overwriting means, or allows it not at all. */
const PARTICULAR =
  FileAttributes.READONLY |
  FileAttributes.HIDDEN |
  FileAttributes.SYSTEM |
  FileAttributes.REPARSE_POINT |
  FileAttributes.OFFLINE |
  FileAttributes.RECALL_ON_OPEN |
  FileAttributes.RECALL_ON_DATA_ACCESS;

const NOT_OVERWRITTEN = FileAttributes.HIDDEN | FileAttributes.SYSTEM;

/** `LONGNA~1.TXT`: it may be the short name of a file that has another one ([MS-FSCC] 2.1.5.2.1). */
const SHORT_NAME = /^[^.]{1,8}(?<=~[0-9A-Z]{1,6})(?:\.[^.]{1,3})?$/i;

/** Servers that know no object ids; asked once a session. */
const withoutObjectIds = new WeakSet<Session>();

/**
 * Looks at what has the name `path`, in one round trip, and whether we may write to it and replace it:
 * it is opened for that, with the sharing that this needs, and closed again. Nothing is changed.
 *
 * @throws {NtStatusError} FILE_IS_A_DIRECTORY; DELETE_PENDING where a deleted file keeps its name
 */
export async function lookAtTarget(
  tree: TreeConnect,
  path: string,
  options: CallOptions = {},
): Promise<Target> {
  const { signal } = options;
  try {
    return await patiently(tree, [NtStatus.DELETE_PENDING], () => examine(tree, path, options), {
      signal,
    });
  } catch (error) {
    if (!(error instanceof NtStatusError)) throw error;
    const { status, statusName } = error;
    if (status === NtStatus.OBJECT_NAME_NOT_FOUND || status === NtStatus.NO_SUCH_FILE)
      return { kind: "none" };
    if (status === NtStatus.FILE_IS_A_DIRECTORY || status === NtStatus.DELETE_PENDING) throw error;
    const why = `replacing it is refused (${statusName})`;
    return { kind: "special", why, hasAttachments: false };
  }
}

async function examine(tree: TreeConnect, path: string, { signal }: CallOptions): Promise<Target> {
  const { session } = tree;
  const queries: AnyRequestSpec[] = [
    {
      ...queryInfoSpec(NO_FILE_ID, InfoType.FILE, FileInformationClass.ALL, { maxSize: 65_536 }),
      accept: [NtStatus.BUFFER_OVERFLOW],
    },
    querySecuritySpec(NO_FILE_ID),
    queryInfoSpec(NO_FILE_ID, InfoType.FILE, FileInformationClass.STREAM, { maxSize: 65_536 }),
  ];
  const asksObjectId = !withoutObjectIds.has(session);
  // Last: where it fails, as it mostly does, a server may fail all that comes behind it.
  if (asksObjectId)
    queries.push(ioctlSpec(NO_FILE_ID, CtlCode.GET_OBJECT_ID, new Uint8Array(0), 64));
  const { created, results } = await onHandle(tree, path, { ...LOOK, signal }, queries);
  const [all, security, streams, objectId] = results;
  if (isUnknownRequest(objectId)) withoutObjectIds.add(session);
  const info = isUnknownRequest(all)
    ? asOpened(created.body)
    : decodeFileAll(bodyOf<QueryInfoResponse>(all).outputBuffer);
  const spelled = spelledAsStored(path, info.name);
  const attached = whatIsAttached(info, streams, objectId);
  const why = whySpecial(info, path, spelled) ?? attached;
  // Hidden and system files are left to OVERWRITE_IF, which refuses them.
  const hasAttachments = attached !== undefined && (info.attributes & NOT_OVERWRITTEN) === 0;
  if (why !== undefined) return { kind: "special", why, hasAttachments };
  return {
    kind: "plain",
    path: spelled ?? path,
    attributes: info.attributes,
    creationTime: info.creationTime,
    security: securityOf(security),
  };
}

/** Why a file of this character cannot take the target's place; undefined where it can. */
export function whyNotReplaced(target: Target, replacement: FileCharacter): string | undefined {
  if (target.kind === "none") return undefined;
  if (target.kind === "special") return target.why;
  return whatIsLost(target, replacement);
}

type KnownInformation = Pick<
  FileAllInformation,
  "attributes" | "creationTime" | "links" | "eaSize" | "name"
>;

/** A server without FileAllInformation tells of no links and extended attributes either. */
function asOpened({ fileAttributes, creationTime }: CreateResponse): KnownInformation {
  return { attributes: fileAttributes, creationTime, links: 1, eaSize: 0, name: "" };
}

function whySpecial(
  info: KnownInformation,
  path: string,
  spelled: string | undefined,
): string | undefined {
  if ((info.attributes & PARTICULAR) !== 0) return "of its attributes";
  if (info.links > 1) return "it has other names (hard links)";
  if (spelled === undefined) return "its name leads to another file";
  if (SHORT_NAME.test(lastOf(path))) return "its name may be the short one of another";
  return undefined;
}

function whatIsAttached(
  info: KnownInformation,
  streams: Result | undefined,
  objectId: Result | undefined,
): string | undefined {
  if (info.eaSize > 0) return "it has extended attributes";
  if (objectId !== undefined && !(objectId instanceof NtStatusError)) return "it has an object id";
  if (isUnknownRequest(streams)) return undefined;
  const { outputBuffer } = bodyOf<QueryInfoResponse>(streams);
  const isAlone = decodeFileStreams(outputBuffer).every(({ name }) =>
    /^(?:::\$DATA)?$/i.test(name),
  );
  return isAlone ? undefined : "it has other streams";
}

/** The server or its file system has nothing of the kind. */
function isUnknownRequest(result: Result | undefined): boolean {
  const statuses: readonly number[] = [
    NtStatus.NOT_SUPPORTED,
    NtStatus.NOT_IMPLEMENTED,
    NtStatus.INVALID_DEVICE_REQUEST,
    NtStatus.INVALID_PARAMETER,
    NtStatus.INVALID_INFO_CLASS,
  ];
  return result instanceof NtStatusError && statuses.includes(result.status);
}

/**
 * The path with its last name as the server spells it; undefined where that is another one: a link that
 * the server follows (smbd from 4.18 on). `told` is a path from some root of the server's; a server
 * that tells none is taken at our word.
 */
function spelledAsStored(path: string, told: string): string | undefined {
  const [ours, theirs] = [lastOf(path), lastOf(told)];
  if (theirs === "" || theirs === ours) return path;
  if (ours.toUpperCase() !== theirs.toUpperCase()) return undefined;
  return path.slice(0, path.length - ours.length) + theirs;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("\\") + 1);
}

import type { RawReply } from "../connection/outstanding-requests.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { encodeBody } from "../smb2/codec.ts";
import { Command, CreateDisposition, CtlCode } from "../smb2/constants.ts";
import type { CreateRequest } from "../smb2/create.ts";
import { CreateContextName, findCreateContext } from "../smb2/create-contexts.ts";
import { encodeHeader, HEADER_LENGTH } from "../smb2/header.ts";
import type { IoctlRequest } from "../smb2/ioctl.ts";
import type { SetInfoRequest } from "../smb2/set-info.ts";
import { Writer } from "../wire/writer.ts";
import type { AnyRequestSpec } from "./request-spec.ts";

type Rule = (spec: AnyRequestSpec, isByPath: boolean) => boolean;

const ALWAYS: Rule = () => true;
/** SET_INFO by these classes does something else the second time it finds its file by a path. */
const MOVES: readonly number[] = [FileInformationClass.RENAME, FileInformationClass.DISPOSITION];

/**
 * Which requests may be sent again although the first one may have been carried out. What is missing
 * may not: LOCK, CHANGE_NOTIFY, and QUERY_DIRECTORY, of which a lost answer is a lost part of a list.
 */
const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [Command.TREE_CONNECT, ALWAYS],
  [Command.TREE_DISCONNECT, ALWAYS],
  [Command.LOGOFF, ALWAYS],
  [Command.CLOSE, ALWAYS],
  [Command.FLUSH, ALWAYS],
  [Command.READ, ALWAYS],
  // The same bytes at the same place; the server sees to it that the first ones are not under way.
  [Command.WRITE, ALWAYS],
  [Command.ECHO, ALWAYS],
  [Command.QUERY_INFO, ALWAYS],
  // By a path it begins anew, together with the CREATE before it.
  [Command.QUERY_DIRECTORY, (_, isByPath) => isByPath],
  [Command.CREATE, (spec) => mayCreateAgain(spec.message as CreateRequest)],
  [Command.SET_INFO, (spec, isByPath) => !isByPath || !isMove(spec.message as SetInfoRequest)],
  [Command.IOCTL, ({ message }) => (message as IoctlRequest).ctlCode !== CtlCode.PIPE_TRANSCEIVE],
]);

/** Whether requests of one frame may be sent again when their channel died before they were answered. */
export function mayReplay(specs: readonly AnyRequestSpec[]): boolean {
  const isByPath = specs[0]?.request.command === Command.CREATE;
  return specs.every((spec) => {
    if (spec.mayReplay !== undefined) return spec.mayReplay;
    return RULES.get(spec.request.command)?.(spec, isByPath) === true;
  });
}

/** Whether each of `specs` may be sent again, but not the frame that they make up. */
export function isRepeatableOnlyApart(specs: readonly AnyRequestSpec[]): boolean {
  return !mayReplay(specs) && specs.every((spec) => mayReplay([spec]));
}

/** Nobody has written to what the lost CREATE opened; only one that must make a file is in doubt. */
function mayCreateAgain({ createDisposition, createContexts }: CreateRequest): boolean {
  if (createDisposition !== CreateDisposition.CREATE) return true;
  // The server knows the open by its CreateGuid and gives the same one ([MS-SMB2] 3.3.5.9.10).
  return findCreateContext(createContexts, CreateContextName.DURABLE_HANDLE_V2) !== undefined;
}

function isMove({ fileInfoClass }: SetInfoRequest): boolean {
  return MOVES.includes(fileInfoClass);
}

/** What a server says to the second one of these: the first one was carried out. */
const DONE: ReadonlyMap<number, { readonly status: number; readonly body: unknown }> = new Map([
  [
    Command.CLOSE as number,
    {
      status: NtStatus.FILE_CLOSED,
      body: {
        flags: 0,
        creationTime: 0n,
        lastAccessTime: 0n,
        lastWriteTime: 0n,
        changeTime: 0n,
        allocationSize: 0,
        endOfFile: 0,
        fileAttributes: 0,
      },
    },
  ],
  [Command.TREE_DISCONNECT, { status: NtStatus.NETWORK_NAME_DELETED, body: {} }],
  [Command.LOGOFF, { status: NtStatus.USER_SESSION_DELETED, body: {} }],
]);

/** What a server may say of a CREATE that it has carried out, when its open is closed: smbd since 4.18. */
const OPEN_IS_GONE: readonly number[] = [NtStatus.NOT_FOUND, NtStatus.OBJECT_NAME_NOT_FOUND];

/**
 * The answer to a replay, in other words where it says that the first request was carried out: success,
 * or that the name is taken where a CREATE has made the file and the rest of its frame has closed it.
 */
export function answerOfReplay(raw: RawReply, spec: AnyRequestSpec): RawReply {
  if (isOfOpenThatIsGone(raw, spec)) return withStatus(raw, NtStatus.OBJECT_NAME_COLLISION);
  const done = DONE.get(spec.request.command);
  // That something has succeeded is believed only of who can prove to be the server.
  if (done === undefined || raw.header.status !== done.status || raw.isUnproven) return raw;
  const success = withStatus(raw, NtStatus.SUCCESS);
  const w = new Writer(HEADER_LENGTH + 64);
  encodeHeader(w, success.header);
  encodeBody(w, spec.response, done.body);
  return { ...success, message: w.finish() };
}

function withStatus(raw: RawReply, status: number): RawReply {
  const { header, message, isUnproven } = raw;
  return { header: { ...header, status }, message, isUnproven, release: () => raw.release() };
}

function isOfOpenThatIsGone({ header }: RawReply, { request, message }: AnyRequestSpec): boolean {
  if (request.command !== Command.CREATE || !OPEN_IS_GONE.includes(header.status)) return false;
  return (message as CreateRequest).createDisposition === CreateDisposition.CREATE;
}

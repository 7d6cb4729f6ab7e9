import { CancelRequest } from "./cancel.ts";
import { ChangeNotifyRequest, ChangeNotifyResponse } from "./change-notify.ts";
import { CloseRequest, CloseResponse } from "./close.ts";
import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import { CreateRequest, CreateResponse } from "./create.ts";
import { EchoRequest, EchoResponse } from "./echo.ts";
import { FlushRequest, FlushResponse } from "./flush.ts";
import { IoctlRequest, IoctlResponse } from "./ioctl.ts";
import { LockRequest, LockResponse } from "./lock.ts";
import { LogoffRequest, LogoffResponse } from "./logoff.ts";
import { NegotiateRequest, NegotiateResponse } from "./negotiate.ts";
import {
  LeaseBreakAcknowledgment,
  LeaseBreakNotification,
  LeaseBreakResponse,
  OplockBreakAcknowledgment,
  OplockBreakNotification,
  OplockBreakResponse,
} from "./oplock-break.ts";
import { QueryDirectoryRequest, QueryDirectoryResponse } from "./query-directory.ts";
import { QueryInfoRequest, QueryInfoResponse } from "./query-info.ts";
import { ReadRequest, ReadResponse } from "./read.ts";
import { SessionSetupRequest, SessionSetupResponse } from "./session-setup.ts";
import { SetInfoRequest, SetInfoResponse } from "./set-info.ts";
import { TreeConnectRequest, TreeConnectResponse } from "./tree-connect.ts";
import { TreeDisconnectRequest, TreeDisconnectResponse } from "./tree-disconnect.ts";
import { WriteRequest, WriteResponse } from "./write.ts";

/** A codec of whatever message: for those who go through all of them. */
export type AnyCodec = MessageCodec<unknown>;

/** The codecs of one command. */
export interface CommandCodecs {
  readonly request: AnyCodec;
  /** Absent for CANCEL, which is not answered ([MS-SMB2] 2.2.30). */
  readonly response?: AnyCodec;
  /** Other forms of the request, told apart by StructureSize. */
  readonly otherRequests?: readonly AnyCodec[];
  /** Other forms of the response, told apart by StructureSize or sent unasked. */
  readonly otherResponses?: readonly AnyCodec[];
}

/** Every command's codecs. */
export const codecs: ReadonlyMap<number, CommandCodecs> = new Map<number, CommandCodecs>([
  [Command.NEGOTIATE, { request: NegotiateRequest, response: NegotiateResponse }],
  [Command.SESSION_SETUP, { request: SessionSetupRequest, response: SessionSetupResponse }],
  [Command.LOGOFF, { request: LogoffRequest, response: LogoffResponse }],
  [Command.TREE_CONNECT, { request: TreeConnectRequest, response: TreeConnectResponse }],
  [Command.TREE_DISCONNECT, { request: TreeDisconnectRequest, response: TreeDisconnectResponse }],
  [Command.CREATE, { request: CreateRequest, response: CreateResponse }],
  [Command.CLOSE, { request: CloseRequest, response: CloseResponse }],
  [Command.FLUSH, { request: FlushRequest, response: FlushResponse }],
  [Command.READ, { request: ReadRequest, response: ReadResponse }],
  [Command.WRITE, { request: WriteRequest, response: WriteResponse }],
  [Command.LOCK, { request: LockRequest, response: LockResponse }],
  [Command.IOCTL, { request: IoctlRequest, response: IoctlResponse }],
  [Command.CANCEL, { request: CancelRequest }],
  [Command.ECHO, { request: EchoRequest, response: EchoResponse }],
  [Command.QUERY_DIRECTORY, { request: QueryDirectoryRequest, response: QueryDirectoryResponse }],
  [Command.CHANGE_NOTIFY, { request: ChangeNotifyRequest, response: ChangeNotifyResponse }],
  [Command.QUERY_INFO, { request: QueryInfoRequest, response: QueryInfoResponse }],
  [Command.SET_INFO, { request: SetInfoRequest, response: SetInfoResponse }],
  [
    Command.OPLOCK_BREAK,
    {
      request: OplockBreakAcknowledgment,
      response: OplockBreakResponse,
      otherRequests: [LeaseBreakAcknowledgment],
      otherResponses: [LeaseBreakResponse, LeaseBreakNotification, OplockBreakNotification],
    },
  ],
]);

/** Every codec there is: requests, responses and notifications. */
export const allCodecs: readonly AnyCodec[] = [...codecs.values()].flatMap((of) => [
  of.request,
  ...(of.otherRequests ?? []),
  ...(of.response === undefined ? [] : [of.response]),
  ...(of.otherResponses ?? []),
]);

/** The codec of a request or response of `command` whose StructureSize is `structureSize`. */
export function findCodec(
  command: number,
  direction: "request" | "response",
  structureSize: number,
): AnyCodec | undefined {
  const of = codecs.get(command);
  if (of === undefined) return undefined;
  const [main, others] =
    direction === "request"
      ? [of.request, of.otherRequests ?? []]
      : [of.response, of.otherResponses ?? []];
  if (main?.structureSize === structureSize) return main;
  return others.find((codec) => codec.structureSize === structureSize);
}

import fc from "fast-check";
import { CancelRequest } from "../../../src/core/smb2/cancel.ts";
import { ChangeNotifyRequest, ChangeNotifyResponse } from "../../../src/core/smb2/change-notify.ts";
import { CloseRequest, CloseResponse } from "../../../src/core/smb2/close.ts";
import type { BodyCodec } from "../../../src/core/smb2/codec.ts";
import { CreateRequest, CreateResponse } from "../../../src/core/smb2/create.ts";
import { EchoRequest, EchoResponse } from "../../../src/core/smb2/echo.ts";
import { ErrorResponse } from "../../../src/core/smb2/error-response.ts";
import { FlushRequest, FlushResponse } from "../../../src/core/smb2/flush.ts";
import { IoctlRequest, IoctlResponse } from "../../../src/core/smb2/ioctl.ts";
import { LockRequest, LockResponse } from "../../../src/core/smb2/lock.ts";
import { LogoffRequest, LogoffResponse } from "../../../src/core/smb2/logoff.ts";
import { NegotiateRequest, NegotiateResponse } from "../../../src/core/smb2/negotiate.ts";
import type { NegotiateContext } from "../../../src/core/smb2/negotiate-contexts.ts";
import {
  LeaseBreakAcknowledgment,
  LeaseBreakNotification,
  LeaseBreakResponse,
  OplockBreakAcknowledgment,
  OplockBreakNotification,
  OplockBreakResponse,
} from "../../../src/core/smb2/oplock-break.ts";
import {
  QueryDirectoryRequest,
  QueryDirectoryResponse,
} from "../../../src/core/smb2/query-directory.ts";
import { QueryInfoRequest, QueryInfoResponse } from "../../../src/core/smb2/query-info.ts";
import { ReadRequest, ReadResponse } from "../../../src/core/smb2/read.ts";
import { SessionSetupRequest, SessionSetupResponse } from "../../../src/core/smb2/session-setup.ts";
import { SetInfoRequest, SetInfoResponse } from "../../../src/core/smb2/set-info.ts";
import { TreeConnectRequest, TreeConnectResponse } from "../../../src/core/smb2/tree-connect.ts";
import {
  TreeDisconnectRequest,
  TreeDisconnectResponse,
} from "../../../src/core/smb2/tree-disconnect.ts";
import { WriteRequest, WriteResponse } from "../../../src/core/smb2/write.ts";

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.maxSafeNat();
const big64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 60 });
const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Any UTF-16, lone surrogates among it. */
const text = fc.string({ unit: u16.map((code) => String.fromCharCode(code)), maxLength: 30 });
const ids = fc.array(u16, { minLength: 1, maxLength: 6 });
const empty = fc.constant({});
const outputBuffer = fc.record({ outputBuffer: bytes });

const negotiateContext: fc.Arbitrary<NegotiateContext> = fc.oneof(
  fc.record({ kind: fc.constant("preauth-integrity"), hashAlgorithms: ids, salt: bytes }),
  fc.record({ kind: fc.constant("encryption"), ciphers: ids }),
  fc.record({ kind: fc.constant("compression"), flags: u32, compressionAlgorithms: fc.array(u16) }),
  fc.record({ kind: fc.constant("netname"), netName: text }),
  fc.record({ kind: fc.constant("transport"), flags: u32 }),
  fc.record({ kind: fc.constant("rdma-transform"), rdmaTransformIds: fc.array(u16) }),
  fc.record({ kind: fc.constant("signing"), signingAlgorithms: ids }),
  fc.record({ kind: fc.constant("posix"), versions: fc.array(sixteenBytes, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("unknown"),
    type: fc.integer({ min: 0x0101, max: 0xffff }),
    data: bytes,
  }),
);
const negotiateContexts = fc.array(negotiateContext, { maxLength: 5 });

const createContexts = fc.array(
  fc.record({
    name: fc.string({ unit: u8.map((code) => String.fromCharCode(code)), maxLength: 20 }),
    data: bytes,
  }),
  { maxLength: 4 },
);

const times = {
  creationTime: big64,
  lastAccessTime: big64,
  lastWriteTime: big64,
  changeTime: big64,
  allocationSize: u64,
  endOfFile: u64,
  fileAttributes: u32,
};
const oplockBreak = fc.record({ oplockLevel: u8, fileId: sixteenBytes });
const leaseBreak = fc.record({ leaseKey: sixteenBytes, leaseState: u32 });

function of<M>(codec: BodyCodec<M>, values: fc.Arbitrary<M>): MessageArbitrary {
  return { codec: codec as BodyCodec<unknown>, values };
}

/** A codec and all that its messages may say. */
export interface MessageArbitrary {
  readonly codec: BodyCodec<unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

/** Random values for every codec of the registry, and for the ERROR response. */
export const messageArbitraries: readonly MessageArbitrary[] = [
  of(
    NegotiateRequest,
    fc.record({
      securityMode: u16,
      capabilities: u32,
      clientGuid: sixteenBytes,
      dialects: fc.array(u16, { maxLength: 4 }).map((others) => [...others, 0x0311]),
      negotiateContexts,
    }),
  ),
  of(
    NegotiateResponse,
    fc.record({
      securityMode: u16,
      dialectRevision: fc.constant(0x0311),
      serverGuid: sixteenBytes,
      capabilities: u32,
      maxTransactSize: u32,
      maxReadSize: u32,
      maxWriteSize: u32,
      systemTime: big64,
      serverStartTime: big64,
      securityBuffer: bytes,
      negotiateContexts,
    }),
  ),
  of(
    SessionSetupRequest,
    fc.record({
      flags: u8,
      securityMode: u8,
      capabilities: u32,
      previousSessionId: big64,
      securityBuffer: bytes,
    }),
  ),
  of(SessionSetupResponse, fc.record({ sessionFlags: u16, securityBuffer: bytes })),
  of(LogoffRequest, empty),
  of(LogoffResponse, empty),
  of(TreeConnectRequest, fc.record({ flags: u16, path: text })),
  of(
    TreeConnectResponse,
    fc.record({ shareType: u8, shareFlags: u32, capabilities: u32, maximalAccess: u32 }),
  ),
  of(TreeDisconnectRequest, empty),
  of(TreeDisconnectResponse, empty),
  of(
    CreateRequest,
    fc.record({
      requestedOplockLevel: u8,
      impersonationLevel: u32,
      desiredAccess: u32,
      fileAttributes: u32,
      shareAccess: u32,
      createDisposition: u32,
      createOptions: u32,
      name: text,
      createContexts,
    }),
  ),
  of(
    CreateResponse,
    fc.record({
      oplockLevel: u8,
      flags: u8,
      createAction: u32,
      ...times,
      fileId: sixteenBytes,
      createContexts,
    }),
  ),
  of(CloseRequest, fc.record({ flags: u16, fileId: sixteenBytes })),
  of(CloseResponse, fc.record({ flags: u16, ...times })),
  of(FlushRequest, fc.record({ fileId: sixteenBytes })),
  of(FlushResponse, empty),
  of(
    ReadRequest,
    fc.record({
      flags: u8,
      length: u32,
      offset: u64,
      fileId: sixteenBytes,
      minimumCount: u32,
      channel: u32,
      channelInfo: bytes,
    }),
  ),
  of(ReadResponse, fc.record({ data: bytes, dataRemaining: u32, flags: u32 })),
  of(
    WriteRequest,
    fc.record({
      length: u32,
      offset: u64,
      fileId: sixteenBytes,
      channel: u32,
      remainingBytes: u32,
      channelInfo: bytes,
      flags: u32,
    }),
  ),
  of(WriteResponse, fc.record({ count: u32 })),
  of(
    LockRequest,
    fc.record({
      lockSequence: u32,
      fileId: sixteenBytes,
      locks: fc.array(fc.record({ offset: big64, length: big64, flags: u32 }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  ),
  of(LockResponse, empty),
  of(
    IoctlRequest,
    fc.record({
      ctlCode: u32,
      fileId: sixteenBytes,
      input: bytes,
      maxInputResponse: u32,
      maxOutputResponse: u32,
      flags: u32,
    }),
  ),
  of(IoctlResponse, fc.record({ ctlCode: u32, fileId: sixteenBytes, input: bytes, output: bytes })),
  of(CancelRequest, empty),
  of(EchoRequest, empty),
  of(EchoResponse, empty),
  of(
    QueryDirectoryRequest,
    fc.record({
      fileInformationClass: u8,
      flags: u8,
      fileIndex: u32,
      fileId: sixteenBytes,
      fileName: text,
      outputBufferLength: u32,
    }),
  ),
  of(QueryDirectoryResponse, outputBuffer),
  of(
    ChangeNotifyRequest,
    fc.record({
      flags: u16,
      outputBufferLength: u32,
      fileId: sixteenBytes,
      completionFilter: u32,
    }),
  ),
  of(ChangeNotifyResponse, outputBuffer),
  of(
    QueryInfoRequest,
    fc.record({
      infoType: u8,
      fileInfoClass: u8,
      outputBufferLength: u32,
      additionalInformation: u32,
      flags: u32,
      fileId: sixteenBytes,
      inputBuffer: bytes,
    }),
  ),
  of(QueryInfoResponse, outputBuffer),
  of(
    SetInfoRequest,
    fc.record({
      infoType: u8,
      fileInfoClass: u8,
      additionalInformation: u32,
      fileId: sixteenBytes,
      buffer: bytes,
    }),
  ),
  of(SetInfoResponse, empty),
  of(OplockBreakNotification, oplockBreak),
  of(OplockBreakAcknowledgment, oplockBreak),
  of(OplockBreakResponse, oplockBreak),
  of(
    LeaseBreakNotification,
    fc.record({
      newEpoch: u16,
      flags: u32,
      leaseKey: sixteenBytes,
      currentLeaseState: u32,
      newLeaseState: u32,
    }),
  ),
  of(LeaseBreakAcknowledgment, leaseBreak),
  of(LeaseBreakResponse, leaseBreak),
  of(
    ErrorResponse,
    fc
      .record({ errorData: bytes, others: fc.array(fc.record({ errorContextData: bytes })) })
      .map(({ errorData, others }) => ({
        errorContexts: [
          ...others.map((other) => ({ errorId: 1, ...other })),
          { errorId: 0, errorContextData: errorData },
        ],
        errorData,
      })),
  ),
];

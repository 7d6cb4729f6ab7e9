/**
 * The SMB2/SMB3 client as a library: what the command line and library users build on. Transports
 * are given to it; `smbx` (the package's entry) joins the two.
 */
export { AuthenticationError } from "./auth/authentication-error.ts";
export {
  type CallerOptions,
  type ClientOptions,
  SmbClient,
} from "./client.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { Connection } from "./connection/connection.ts";
export { dialectName } from "./connection/negotiated-parameters.ts";
export type { TraceEvent, TraceListener } from "./connection/trace.ts";
export { type DialAttempt, DialError, explainAttempts } from "./dial-error.ts";
export type { TransportChoice } from "./dialer.ts";
export {
  DialFailure,
  type DialProblem,
  ProtocolError,
  SmbError,
  type SmbErrorCode,
  TimeoutError,
  TransferError,
  TransportClosedError,
  TransportError,
  type TransportFailureReason,
  UnsupportedError,
  WireFormatError,
} from "./errors.ts";
export { queryAllocatedRanges, setSparse, tellsHoles } from "./file/allocated-ranges.ts";
export { copyChunks } from "./file/copy-chunk.ts";
export { cutBack } from "./file/cut-back.ts";
export {
  createTemporaryFile,
  type Destination,
  type DestinationPaths,
  openDestination,
  whyNotToReplace,
} from "./file/destination.ts";
export { closeQuietly, discardFile } from "./file/discard-file.ts";
export { File } from "./file/file.ts";
export { Open } from "./file/open.ts";
export { type ReadPipelineOptions, readPipeline } from "./file/read-pipeline.ts";
export {
  type Completion,
  completeFile,
  type FileTimes,
  giveUp,
  REPLACE_ACCESS,
  WRITE_ACCESS,
} from "./file/replace-file.ts";
export { setTimesWherePossible } from "./file/set-times.ts";
export type { Piece } from "./file/sliding-window.ts";
export { READ_ACCESS, readSmallFile, type SmallFile, type SmallRead } from "./file/small-file.ts";
export { type SmallWrite, writeSmallFile } from "./file/small-write.ts";
export {
  type WritePipelineOptions,
  type WritePipelineResult,
  writePipeline,
} from "./file/write-pipeline.ts";
export type { DirectoryEntry } from "./fscc/directory-information.ts";
export {
  FileAttributes,
  formatAllInfoAttributes,
  formatAttributes,
} from "./fscc/file-attributes.ts";
export { decodeFileBasic, type FileBasicInformation } from "./fscc/file-information.ts";
export { FileInformationClass, FsInformationClass } from "./fscc/file-information-class.ts";
export type { FsSizeInformation, FsVolumeInformation } from "./fscc/file-system-information.ts";
export { decodeSnapshotArray } from "./fscc/fsctl.ts";
export { decodeFileName, encodeFileRename } from "./fscc/name-information.ts";
export { isLink } from "./fscc/reparse-point.ts";
export { decodeFileStreams, type FileStream } from "./fscc/stream-information.ts";
export type { LocalInterface } from "./local-interface.ts";
export type { Credentials } from "./log-on.ts";
export { loadMessageDescriber, type MessageDescriber } from "./message-describer.ts";
export type { ChannelPlan, InterfaceVerdict, PlannedRoute } from "./multichannel/channel-plan.ts";
export type { ChannelReport } from "./multichannel/channel-report.ts";
export type { MultichannelState } from "./multichannel/multichannel.ts";
export type { MultichannelOptions } from "./multichannel/options.ts";
export { NtStatus, ntStatusExplanation, ntStatusName } from "./nt-status.ts";
export { FULL_STATUSES, GONE_STATUSES } from "./nt-status-classes.ts";
export { NtStatusError } from "./nt-status-error.ts";
export type { ServerInfo, ShareInfo } from "./rpc/interfaces/srvsvc.ts";
export type { Reply, RequestSpec } from "./session/request-spec.ts";
export type { Session } from "./session/session.ts";
export type { Protection } from "./session/session-protection.ts";
export type { CloseResponse } from "./smb2/close.ts";
export {
  AccessMask,
  CipherId,
  CreateDisposition,
  CreateOptions,
  CtlCode,
  Dialect,
  InfoType,
  ShareAccess,
  SigningAlgorithmId,
} from "./smb2/constants.ts";
export type { CreateResponse } from "./smb2/create.ts";
export type { OnDiskId } from "./smb2/open-contexts.ts";
export type {
  DialTarget,
  MessageParts,
  Transport,
  TransportFactory,
  TransportKind,
  TransportSecurity,
  TransportSink,
} from "./transport.ts";
export { defaultOrder, formatTransportOrder, parseTransportOrder } from "./transport-order.ts";
export type { ListOptions } from "./tree/directory-listing.ts";
export { DirectoryEntryError, entryNameFault, entryPath, joinRemote } from "./tree/entry-path.ts";
export { hasWildcard, matchesMask } from "./tree/name-mask.ts";
export type { FileStat } from "./tree/stat-path.ts";
export { Tree } from "./tree/tree.ts";
export {
  type CallOptions,
  type OpenOptions,
  TreeConnect,
  type TreeType,
} from "./tree/tree-connect.ts";
export { type WalkOptions, type WalkStep, walkTree } from "./tree/walk-tree.ts";
export {
  type WalkableTree,
  type WalkedBatch,
  WalkedDirectory,
  type WalkedEntry,
} from "./tree/walked-directory.ts";
export { isFileSize } from "./wire/file-size.ts";
export {
  type FileTime,
  fileTimeFromUnixMs,
  fileTimeFromUnixNs,
  fileTimeToDate,
  fileTimeToUnixMs,
  fileTimeToUnixNs,
  fileTimeToUnixUs,
  isFileTimeSet,
} from "./wire/file-time.ts";
export { formatGuid } from "./wire/guid.ts";
export { foldName, upperCase } from "./wire/upper-case.ts";

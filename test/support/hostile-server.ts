import { encodeDirectory } from "../../src/core/fscc/directory-information.ts";
import { encodeFileAll } from "../../src/core/fscc/file-information.ts";
import { FileInformationClass } from "../../src/core/fscc/file-information-class.ts";
import { encodeFsSize, encodeFsVolume } from "../../src/core/fscc/file-system-information.ts";
import { encodeValidateNegotiateInfoResponse } from "../../src/core/fscc/fsctl.ts";
import { NtStatus } from "../../src/core/nt-status.ts";
import { NetrShareEnum1 } from "../../src/core/rpc/interfaces/srvsvc-operations.ts";
import { encodeNdr } from "../../src/core/rpc/ndr.ts";
import { decodePduHeader, encodeBindAck, encodeResponse, PduType } from "../../src/core/rpc/pdu.ts";
import { Command, CtlCode, HeaderFlags, InfoType } from "../../src/core/smb2/constants.ts";
import { HEADER_LENGTH } from "../../src/core/smb2/header.ts";
import type { IoctlRequest } from "../../src/core/smb2/ioctl.ts";
import type { QueryDirectoryRequest } from "../../src/core/smb2/query-directory.ts";
import type { QueryInfoRequest } from "../../src/core/smb2/query-info.ts";
import type { ReadRequest } from "../../src/core/smb2/read.ts";
import type { WriteRequest } from "../../src/core/smb2/write.ts";
import type { Mutator } from "../fuzz/mutator.ts";
import { type FakeRequest, FakeServer, type FakeServerOptions } from "./fake-server.ts";
import { CLOSED, CREATED } from "./fake-session.ts";

/** What the one file of a hostile server's share holds. */
export const CONTENT: Uint8Array = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
/** The names in its directory. */
export const NAMES: readonly string[] = ["a.txt", "b", "ümläut", "a longer name than the others"];

export interface HostileServerOptions extends FakeServerOptions {
  readonly mutator: Mutator;
  /** Who lies: the server before it signs and encrypts, or somebody on the path after that. */
  readonly liar: "server" | "path";
  /** How many messages pass unchanged before the first lie: 0 to lie in NEGOTIATE already. */
  readonly honestMessages: number;
}

/** A server that would serve a share with one file, if only it told the truth. */
export class HostileServer {
  readonly server: FakeServer;
  /** Messages that were changed, repeated, made up or lost. */
  lies = 0;
  readonly #options: HostileServerOptions;
  readonly #mutator: Mutator;
  #messages = 0;
  #previous: Uint8Array = new Uint8Array(64);
  /** How many batches of a listing were sent, by handle. */
  readonly #batches: number[] = [0];

  constructor(options: HostileServerOptions) {
    this.#options = options;
    this.#mutator = options.mutator;
    this.server = new FakeServer({
      ...options,
      forge: (message) => this.#forge(message),
      meddle: (frame) => this.#meddle(frame),
    });
    this.#serve();
  }

  /** Most messages are changed once lying has begun. */
  #liesNow(): boolean {
    return this.#messages >= this.#options.honestMessages && this.#mutator.below(8) > 0;
  }

  #forge(message: Uint8Array): Uint8Array {
    this.#messages += 1;
    const changed =
      this.#options.liar === "server" && this.#liesNow() ? this.#change(message) : message;
    this.#previous = message;
    return changed;
  }

  #meddle(frame: Uint8Array): readonly Uint8Array[] {
    if (this.#messages < this.#options.honestMessages) return [frame];
    switch (this.#mutator.below(100)) {
      case 0:
        return [frame, this.#lie(frame)];
      case 1:
        this.lies += 1;
        return [];
      case 2:
        return [this.#change(frame), frame];
      case 3:
        return [this.#lie(frame.subarray(0, 1 + this.#mutator.below(frame.length)))];
      default:
        return [this.#options.liar === "path" && this.#liesNow() ? this.#change(frame) : frame];
    }
  }

  /** Most lies are small and keep the header, so that they come to where a message is used. */
  #change(message: Uint8Array): Uint8Array {
    const kind = this.#mutator.below(16);
    if (kind < 2 || message.length <= HEADER_LENGTH) {
      return this.#lie(this.#mutator.mutate(message, this.#previous));
    }
    const changed = message.slice();
    if (kind < 5) {
      const body = this.#mutator.mutate(message.subarray(HEADER_LENGTH), this.#previous);
      return this.#lie(Uint8Array.from([...message.subarray(0, HEADER_LENGTH), ...body]));
    }
    if (kind < 8) {
      new DataView(changed.buffer).setUint32(STATUS_OFFSET, this.#mutator.pick(STATUSES), true);
    } else {
      const at = HEADER_LENGTH + this.#mutator.below(message.length - HEADER_LENGTH);
      changed[at] = kind < 12 ? this.#mutator.below(256) : (changed[at] ?? 0) ^ (1 << (kind & 7));
    }
    return this.#lie(changed);
  }

  #lie(message: Uint8Array): Uint8Array {
    this.lies += 1;
    return message;
  }

  #serve(): void {
    const { server } = this;
    for (const command of [Command.FLUSH, Command.LOCK, Command.SET_INFO])
      server.on(command, ({ reply }) => reply({ body: {} }));
    server.on(Command.CREATE, ({ reply }) => {
      const fileId = new Uint8Array(16);
      new DataView(fileId.buffer).setUint32(0, this.#batches.push(0) - 1);
      reply({ body: { ...CREATED, endOfFile: CONTENT.length, fileId } });
    });
    server.on(Command.CLOSE, ({ reply }) => reply({ body: CLOSED }));
    server.on(Command.READ, read);
    server.on(Command.WRITE, ({ body, reply }) =>
      reply({ body: { count: (body as WriteRequest).length } }),
    );
    server.on(Command.QUERY_DIRECTORY, (request) => this.#list(request));
    server.on(Command.QUERY_INFO, queryInfo);
    server.on(Command.IOCTL, (request) => this.#ioctl(request));
    server.on(Command.CHANGE_NOTIFY, ({ reply }) => {
      reply({ ...PENDING, credits: this.#mutator.below(3) });
      const outputBuffer = new Uint8Array(16);
      reply({ flags: HeaderFlags.ASYNC_COMMAND, asyncId: 3n, body: { outputBuffer } });
    });
  }

  #ioctl({ body, reply }: FakeRequest): void {
    const { ctlCode, fileId, input } = body as IoctlRequest;
    const output =
      ctlCode === CtlCode.PIPE_TRANSCEIVE
        ? answerRpc(input)
        : ctlCode === CtlCode.VALIDATE_NEGOTIATE_INFO
          ? this.#confirmation()
          : new Uint8Array(0);
    reply({ body: { ctlCode, fileId, input: new Uint8Array(0), output } });
  }

  /** What NEGOTIATE said, once more. */
  #confirmation(): Uint8Array {
    const { dialect, serverGuid } = this.server;
    const capabilities = this.#options.capabilities ?? 4;
    const answer = { capabilities, guid: serverGuid, securityMode: 1, dialect };
    return encodeValidateNegotiateInfoResponse(answer);
  }

  #list({ body, reply }: FakeRequest): void {
    const { fileId } = body as QueryDirectoryRequest;
    const named = new DataView(fileId.buffer, fileId.byteOffset).getUint32(0);
    const handle = named === 0xffff_ffff ? this.#batches.length - 1 : named;
    const sent = this.#batches[handle] ?? 0;
    this.#batches[handle] = sent + 1;
    const half = NAMES.slice(sent * 2, sent * 2 + 2);
    if (half.length === 0) {
      reply({ status: NtStatus.NO_MORE_FILES });
      return;
    }
    const entries = half.map((name) => ({ ...ENTRY, name }));
    const outputBuffer = encodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, entries);
    reply({ body: { outputBuffer } });
  }
}

/** Where Status lies in the header ([MS-SMB2] 2.2.1.1). */
const STATUS_OFFSET = 8;
/** Statuses that mean something to a client, and some that mean nothing. */
const STATUSES: readonly number[] = [...Object.values(NtStatus), 1, 0x4000_0000, 0xffff_ffff];
const PENDING = { status: NtStatus.PENDING, flags: HeaderFlags.ASYNC_COMMAND, asyncId: 3n };
const TIMES = { creationTime: 1n, lastAccessTime: 2n, lastWriteTime: 3n, changeTime: 4n };
const ENTRY = {
  ...TIMES,
  shortName: "",
  reparseTag: 0,
  attributes: 0x80,
  size: CONTENT.length,
  allocationSize: 4096,
  fileId: 7n,
};

const FILE_ALL = encodeFileAll({
  ...TIMES,
  attributes: 0x80,
  allocationSize: 4096,
  size: CONTENT.length,
  links: 1,
  deletePending: false,
  isDirectory: false,
  fileId: 7n,
  eaSize: 0,
  accessFlags: 0x12_019f,
  position: 0,
  mode: 0,
  alignment: 0,
  name: "",
});
const FS_VOLUME = encodeFsVolume({
  creationTime: 1n,
  serialNumber: 2,
  supportsObjects: false,
  label: "volume",
});
const FS_SIZE = encodeFsSize({
  totalUnits: 1000,
  availableUnits: 500,
  sectorsPerUnit: 8,
  bytesPerSector: 512,
});

function read({ body, reply }: FakeRequest): void {
  const { offset, length } = body as ReadRequest;
  const data = CONTENT.subarray(offset, offset + length);
  if (data.length === 0) reply({ status: NtStatus.END_OF_FILE });
  else reply({ body: { data, dataRemaining: 0, flags: 0 } });
}

function queryInfo({ body, reply }: FakeRequest): void {
  const { infoType, fileInfoClass } = body as QueryInfoRequest;
  const outputBuffer =
    infoType === InfoType.FILE ? FILE_ALL : fileInfoClass === 1 ? FS_VOLUME : FS_SIZE;
  reply({ body: { outputBuffer } });
}

function answerRpc(pdu: Uint8Array): Uint8Array {
  const { type, callId } = decodePduHeader(pdu);
  return type === PduType.BIND
    ? encodeBindAck({ ...BIND_ACK, callId })
    : encodeResponse({ callId, flags: 3, allocHint: SHARES.length, stub: SHARES });
}

const BIND_ACK = {
  maxTransmit: 4280,
  maxReceive: 4280,
  secondaryAddress: "\\PIPE\\srvsvc",
  result: 0,
  reason: 0,
};
const SHARES = encodeNdr(NetrShareEnum1.response, {
  info: {
    level: 1,
    tag: 1,
    container: {
      count: 2,
      entries: [
        { name: "pub", type: 0, remark: "a comment" },
        { name: "IPC$", type: 0x8000_0003, remark: "" },
      ],
    },
  },
  totalEntries: 2,
  resumeHandle: 0,
  result: 0,
});

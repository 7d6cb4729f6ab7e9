import { FileAttributes } from "../../../src/core/fscc/file-attributes.ts";
import {
  decodeFileBasic,
  decodeFileDisposition,
  decodeFileSize,
  encodeFileAll,
  encodeFileStandard,
} from "../../../src/core/fscc/file-information.ts";
import { FileInformationClass } from "../../../src/core/fscc/file-information-class.ts";
import { decodeFileRename } from "../../../src/core/fscc/name-information.ts";
import { encodeFileStreams } from "../../../src/core/fscc/stream-information.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import type { CloseRequest } from "../../../src/core/smb2/close.ts";
import {
  AccessMask,
  CreateDisposition,
  CreateOptions,
  CtlCode,
  InfoType,
  ShareAccess,
} from "../../../src/core/smb2/constants.ts";
import type { CreateRequest } from "../../../src/core/smb2/create.ts";
import type { IoctlRequest } from "../../../src/core/smb2/ioctl.ts";
import type { QueryInfoRequest } from "../../../src/core/smb2/query-info.ts";
import type { ReadRequest } from "../../../src/core/smb2/read.ts";
import type { SetInfoRequest } from "../../../src/core/smb2/set-info.ts";
import { Reader } from "../../../src/core/wire/reader.ts";
import { encodeBytes } from "../../../src/core/wire/writer.ts";

/** A file of a share in memory. */
export interface MemoryFile {
  bytes: Uint8Array;
  attributes: number;
  isDirectory: boolean;
  creationTime: bigint;
  lastWriteTime: bigint;
  /** A security descriptor, as far as these files have one. */
  security: string;
  links: number;
  eaSize: number;
  /** Names of other streams: `:s:$DATA`. */
  streams: readonly string[];
  /** The server's answer to GET_OBJECT_ID. */
  objectId: Uint8Array | undefined;
  /** Others have it open and share only this (ShareAccess bits). */
  sharedByOthers: number;
  /** What takes room; all of it where undefined. */
  allocated: { offset: number; length: number }[] | undefined;
}

interface MemoryOpen {
  path: string;
  file: MemoryFile;
  deleteOnClose: boolean;
}

/** A refusal by the fake file system. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status.toString(16)}`);
    this.status = status;
  }
}

/** A file system in memory with the rules that transfers depend on. */
export class MemoryFiles {
  readonly files = new Map<string, MemoryFile>();
  readonly opens = new Map<string, MemoryOpen>();
  #nextId = 1;

  add(path: string, bytes: Uint8Array, more: Partial<MemoryFile> = {}): MemoryFile {
    const file = {
      bytes,
      attributes: 0x80,
      isDirectory: false,
      creationTime: 132_000_000_000_000_000n,
      lastWriteTime: 132_000_000_000_000_000n,
      security: "anna",
      links: 1,
      eaSize: 0,
      streams: [],
      objectId: undefined,
      sharedByOthers: ShareAccess.ALL,
      allocated: undefined,
      ...more,
    };
    this.files.set(path, file);
    return file;
  }

  open(id: Uint8Array): MemoryOpen {
    const open = this.opens.get(id.join());
    if (open === undefined) throw new Refusal(NtStatus.FILE_CLOSED);
    return open;
  }

  create(message: CreateRequest): unknown {
    const { name, createDisposition, createOptions } = message;
    let file = this.files.get(name);
    const wantsDirectory = (createOptions & CreateOptions.DIRECTORY_FILE) !== 0;
    if (file?.isDirectory === true && (createOptions & CreateOptions.NON_DIRECTORY_FILE) !== 0) {
      throw new Refusal(NtStatus.FILE_IS_A_DIRECTORY);
    }
    if (file === undefined) {
      if (createDisposition === CreateDisposition.OPEN) {
        throw new Refusal(NtStatus.OBJECT_NAME_NOT_FOUND);
      }
      file = this.add(name, new Uint8Array(0), { isDirectory: wantsDirectory });
    } else if (createDisposition === CreateDisposition.CREATE) {
      throw new Refusal(NtStatus.OBJECT_NAME_COLLISION);
    } else {
      refuseAccess(file, message);
      // [MS-FSA] 2.1.5.1.2: named streams and extended attributes go with the bytes.
      if (createDisposition === CreateDisposition.OVERWRITE_IF)
        Object.assign(file, { bytes: new Uint8Array(0), streams: [], eaSize: 0 });
    }
    const fileId = new Uint8Array(16);
    new DataView(fileId.buffer).setUint32(0, this.#nextId);
    this.#nextId += 1;
    this.opens.set(fileId.join(), { path: name, file, deleteOnClose: false });
    return {
      ...this.#attributes(file),
      oplockLevel: 0,
      createAction: 1,
      fileId,
      createContexts: [],
    };
  }

  close(message: CloseRequest): unknown {
    const open = this.open(message.fileId);
    this.opens.delete(message.fileId.join());
    if (open.deleteOnClose) this.files.delete(open.path);
    return { ...this.#attributes(open.file), flags: message.flags };
  }

  read(message: ReadRequest): Uint8Array {
    const { bytes } = this.open(message.fileId).file;
    if (message.offset >= bytes.length) throw new Refusal(NtStatus.END_OF_FILE);
    return bytes.slice(message.offset, message.offset + message.length);
  }

  write(fileId: Uint8Array, offset: number, data: Uint8Array): number {
    const { file } = this.open(fileId);
    if (file.bytes.length < offset + data.length) resize(file, offset + data.length);
    file.bytes.set(data, offset);
    file.lastWriteTime += 1n;
    return data.length;
  }

  setInfo({ fileId, fileInfoClass, buffer }: SetInfoRequest): void {
    const open = this.open(fileId);
    if (fileInfoClass === FileInformationClass.BASIC) {
      const { lastWriteTime, creationTime } = decodeFileBasic(buffer);
      if (lastWriteTime !== 0n) open.file.lastWriteTime = lastWriteTime;
      if (creationTime !== 0n) open.file.creationTime = creationTime;
    } else if (fileInfoClass === FileInformationClass.DISPOSITION) {
      open.deleteOnClose = decodeFileDisposition(buffer);
    } else if (fileInfoClass === FileInformationClass.END_OF_FILE) {
      resize(open.file, decodeFileSize(buffer));
    } else if (fileInfoClass === FileInformationClass.RENAME) {
      const { name, replaceIfExists } = decodeFileRename(buffer);
      if (this.files.has(name) && !replaceIfExists) {
        throw new Refusal(NtStatus.OBJECT_NAME_COLLISION);
      }
      this.files.delete(open.path);
      this.files.set(name, open.file);
      open.path = name;
    } else throw new Refusal(NtStatus.INVALID_INFO_CLASS);
  }

  /** FileStandardInformation, FileAllInformation, streams or security of an open file. */
  queryInfo({ fileId, fileInfoClass, infoType }: QueryInfoRequest): Uint8Array {
    const { file, path } = this.open(fileId);
    if (infoType === InfoType.SECURITY) return Buffer.from(file.security);
    if (fileInfoClass === FileInformationClass.STREAM) {
      const names = ["::$DATA", ...file.streams];
      return encodeFileStreams(names.map((name) => ({ name, size: 0, allocationSize: 0 })));
    }
    const size = file.bytes.length;
    const standard = {
      allocationSize: size,
      size,
      links: file.links,
      deletePending: false,
      isDirectory: file.isDirectory,
    };
    if (fileInfoClass === FileInformationClass.STANDARD) return encodeFileStandard(standard);
    const { lastWriteTime } = file;
    return encodeFileAll({
      ...standard,
      creationTime: file.creationTime,
      lastAccessTime: lastWriteTime,
      lastWriteTime,
      changeTime: lastWriteTime,
      attributes: file.isDirectory ? FileAttributes.DIRECTORY : file.attributes,
      fileId: 0n,
      eaSize: file.eaSize,
      accessFlags: 0,
      position: 0,
      mode: 0,
      alignment: 0,
      name: `\\${path}`,
    });
  }

  ioctl(message: IoctlRequest): Uint8Array {
    const { file } = this.open(message.fileId);
    if (message.ctlCode === CtlCode.SET_SPARSE) {
      file.attributes |= 0x200;
      return new Uint8Array(0);
    }
    if (message.ctlCode === CtlCode.QUERY_ALLOCATED_RANGES) {
      const r = new Reader(message.input);
      const start = r.u64();
      const ranges = file.allocated ?? [{ offset: 0, length: file.bytes.length }];
      const asked = ranges.filter(({ offset, length }) => offset + length > start);
      return encodeBytes(asked.length * 16, (w) => {
        for (const { offset, length } of asked) w.u64(offset).u64(length);
      });
    }
    const { objectId } = file;
    if (message.ctlCode === CtlCode.GET_OBJECT_ID && objectId !== undefined) return objectId;
    throw new Refusal(NtStatus.NOT_SUPPORTED);
  }

  #attributes(file: MemoryFile) {
    const allocationSize =
      file.allocated?.reduce((sum, range) => sum + range.length, 0) ?? file.bytes.length;
    return {
      flags: 0,
      creationTime: file.creationTime,
      lastAccessTime: 132_000_000_000_000_000n,
      lastWriteTime: file.lastWriteTime,
      changeTime: file.lastWriteTime,
      allocationSize,
      endOfFile: file.bytes.length,
      fileAttributes: file.isDirectory ? FileAttributes.DIRECTORY : file.attributes,
    };
  }
}

function resize(file: MemoryFile, size: number): void {
  const bytes = new Uint8Array(size);
  bytes.set(file.bytes.subarray(0, size));
  file.bytes = bytes;
}

/** [MS-FSA] 2.1.5.1.2: what a file's attributes and who has it open allow. */
function refuseAccess(file: MemoryFile, message: CreateRequest): void {
  const { desiredAccess, createDisposition, fileAttributes } = message;
  const writes = (desiredAccess & AccessMask.WRITE_DATA) !== 0;
  if (writes && (file.attributes & FileAttributes.READONLY) !== 0)
    throw new Refusal(NtStatus.ACCESS_DENIED);
  const kept = file.attributes & (FileAttributes.HIDDEN | FileAttributes.SYSTEM);
  const isOverwritten = createDisposition === CreateDisposition.OVERWRITE_IF;
  if (isOverwritten && (kept & ~fileAttributes) !== 0) throw new Refusal(NtStatus.ACCESS_DENIED);
  const deletes = (desiredAccess & AccessMask.DELETE) !== 0;
  const isShared =
    (!writes || (file.sharedByOthers & ShareAccess.WRITE) !== 0) &&
    (!deletes || (file.sharedByOthers & ShareAccess.DELETE) !== 0);
  if (!isShared) throw new Refusal(NtStatus.SHARING_VIOLATION);
}

import { ProtocolError, TransferError } from "../errors.ts";
import {
  encodeFileBasic,
  encodeFileSize,
  type FileBasicInformation,
} from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { FlushRequest, FlushResponse } from "../smb2/flush.ts";
import type { CallOptions, OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import { isFileSize } from "../wire/file-size.ts";
import { readSpec, writeSpec } from "./file-requests.ts";
import { Open } from "./open.ts";

/**
 * The size that CREATE gave, for who relies on it.
 *
 * @throws {TransferError} where no file can have that size
 */
export function expectSize(path: string, { endOfFile }: CreateResponse): number {
  if (isFileSize(endOfFile)) return endOfFile;
  throw new TransferError(`The server gives no valid size for \\${path}`);
}

/** An open file. For whole files and long ranges, `readPipeline` and `writePipeline` are faster. */
export class File extends Open {
  /** Opens or makes a file; a directory is refused with FILE_IS_A_DIRECTORY. */
  static override async create(
    tree: TreeConnect,
    path: string,
    options: OpenOptions,
  ): Promise<File> {
    const kind = CreateOptions.NON_DIRECTORY_FILE;
    const spec = tree.createSpec(path, { ...options, options: (options.options ?? 0) | kind });
    return new File(tree, path, (await tree.request(spec)).body);
  }

  /**
   * EndOfFile when it was opened, in bytes.
   *
   * @throws {TransferError} where the server gave one that no file can have
   */
  get size(): number {
    return expectSize(this.path, this.created);
  }

  /**
   * Reads up to `into.length` bytes at `offset` with one READ ([MS-SMB2] 3.2.4.6).
   *
   * @returns how many bytes were read; 0 at the end of the file
   */
  async read(into: Uint8Array, offset: number, options: CallOptions = {}): Promise<number> {
    const length = Math.min(into.length, this.tree.chunkSize);
    if (length === 0) return 0;
    const reply = await this.request({
      ...readSpec(this.fileId, offset, length),
      accept: [NtStatus.END_OF_FILE],
      signal: options.signal,
    });
    if (!reply.hasBody) return 0;
    const { data } = reply.body;
    if (data.length > length) {
      throw new ProtocolError(`A READ of ${length} bytes was answered with ${data.length} bytes`);
    }
    into.set(data);
    reply.release();
    return data.length;
  }

  /**
   * Writes from `from` at `offset` with one WRITE ([MS-SMB2] 3.2.4.7).
   *
   * @returns how many bytes the server took; it may be fewer than given
   */
  async write(from: Uint8Array, offset: number, options: CallOptions = {}): Promise<number> {
    const payload = from.subarray(0, this.tree.chunkSize);
    const reply = await this.request({
      ...writeSpec(this.fileId, offset, payload),
      signal: options.signal,
    });
    const { count } = reply.body;
    if (count > payload.length) {
      throw new ProtocolError(
        `A WRITE of ${payload.length} bytes was answered with a count of ${count}`,
      );
    }
    return count;
  }

  /** Asks the server to put everything on stable storage ([MS-SMB2] 3.2.4.8). */
  async flush(options: CallOptions = {}): Promise<void> {
    await this.request({
      request: FlushRequest,
      message: { fileId: this.fileId },
      response: FlushResponse,
      signal: options.signal,
    });
  }

  /** Truncates or extends to `size` bytes. */
  setEndOfFile(size: number, options: CallOptions = {}): Promise<void> {
    return this.setInfo(FileInformationClass.END_OF_FILE, encodeFileSize(size), options);
  }

  /** Sets times and attributes; what is left out stays as it is. */
  setBasicInfo(info: Partial<FileBasicInformation>, options: CallOptions = {}): Promise<void> {
    return this.setInfo(FileInformationClass.BASIC, encodeFileBasic(info), options);
  }
}

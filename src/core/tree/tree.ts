import { UnsupportedError } from "../errors.ts";
import { File } from "../file/file.ts";
import {
  type CallOptions,
  Open,
  type OpenOptions,
  queryInfoSpec,
  setInfoSpec,
} from "../file/open.ts";
import type { DirectoryEntry } from "../fscc/directory-information.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import {
  decodeFileAll,
  encodeFileBasic,
  encodeFileDisposition,
  type FileBasicInformation,
} from "../fscc/file-information.ts";
import { FileInformationClass, FsInformationClass } from "../fscc/file-information-class.ts";
import {
  decodeFsSize,
  decodeFsVolume,
  type FsSizeInformation,
  type FsVolumeInformation,
} from "../fscc/file-system-information.ts";
import { encodeFileRename } from "../fscc/name-information.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply, RequestSpec } from "../session/request-spec.ts";
import type { Session } from "../session/session.ts";
import { CloseRequest, CloseResponse } from "../smb2/close.ts";
import {
  AccessMask,
  CreateDisposition,
  CreateOptions,
  Dialect,
  ImpersonationLevel,
  InfoType,
  OplockLevel,
  ShareAccess,
  ShareFlags,
  ShareType,
} from "../smb2/constants.ts";
import { CreateRequest, CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { QueryInfoResponse } from "../smb2/query-info.ts";
import { TreeConnectRequest, TreeConnectResponse } from "../smb2/tree-connect.ts";
import { TreeDisconnectRequest, TreeDisconnectResponse } from "../smb2/tree-disconnect.ts";
import type { FileTime } from "../wire/file-time.ts";
import { type ListOptions, listDirectory } from "./directory-listing.ts";
import { validateNegotiateInfo } from "./validate-negotiate-info.ts";

/** What a share holds. */
export type TreeType = "disk" | "pipe" | "print";

/** Everything about one file or directory that one round trip tells. */
export interface FileStat {
  readonly attributes: number;
  readonly isDirectory: boolean;
  /** EndOfFile, in bytes. */
  readonly size: number;
  readonly allocationSize: number;
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
  /** 0n where the server has none. */
  readonly fileId: bigint;
  readonly links: number;
}

const TYPE_NAMES: ReadonlyMap<number, TreeType> = new Map([
  [ShareType.DISK, "disk"],
  [ShareType.PIPE, "pipe"],
  [ShareType.PRINT, "print"],
]);

/**
 * A connected share ([MS-SMB2] 3.2.1.4, TreeConnect). Paths are relative to its root, separated by
 * backslashes, without a leading one; "" is the root.
 */
export class Tree {
  readonly session: Session;
  /** The share's name as it was asked for. */
  readonly share: string;
  /** `\\server\share`. */
  readonly unc: string;
  readonly treeId: number;
  readonly type: TreeType;
  /** The share asks for encryption although the session does not. */
  readonly isEncrypted: boolean;
  #isDisconnected = false;

  private constructor(session: Session, unc: string, reply: Reply<TreeConnectResponse>) {
    const { shareType, shareFlags } = reply.body;
    this.session = session;
    this.unc = unc;
    this.share = unc.slice(unc.lastIndexOf("\\") + 1);
    this.treeId = reply.treeId;
    this.type = TYPE_NAMES.get(shareType) ?? "disk";
    this.isEncrypted = (shareFlags & ShareFlags.ENCRYPT_DATA) !== 0;
  }

  /**
   * Connects to a share ([MS-SMB2] 3.2.4.2.4), and has the server confirm what was negotiated.
   *
   * @throws {NtStatusError} where there is no such share or it is not for this user
   * @throws {UnsupportedError} where it asks for encryption that was not agreed
   */
  static async connect(session: Session, unc: string, options: CallOptions = {}): Promise<Tree> {
    const reply = await session.request({
      request: TreeConnectRequest,
      message: { flags: 0, path: unc },
      response: TreeConnectResponse,
      // [MS-SMB2] 3.2.4.1.1: it proves to the server that the preauthentication was not tampered with.
      sign: session.connection.dialect === Dialect.SMB_3_1_1,
      signal: options.signal,
    });
    const tree = new Tree(session, unc, reply);
    if (tree.isEncrypted && session.connection.negotiated.cipher === undefined) {
      throw new UnsupportedError(
        `${unc} wants encryption, which this server and client have not agreed on`,
      );
    }
    await validateNegotiateInfo(tree, options);
    return tree;
  }

  /** Sends one request in this share. */
  request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R>> {
    return this.session.request(this.#inThisTree(spec));
  }

  /** Sends a related compound in this share; see `Session.compound`. */
  compound(
    specs: readonly AnyRequestSpec[],
    options: CallOptions = {},
  ): Promise<(Reply<unknown> | NtStatusError)[]> {
    return this.session.compound(
      specs.map((spec) => this.#inThisTree(spec)),
      options,
    );
  }

  /** A CREATE request ([MS-SMB2] 2.2.13), alone or as the first member of a compound. */
  createSpec(path: string, options: OpenOptions): RequestSpec<CreateRequest, CreateResponse> {
    return {
      request: CreateRequest,
      message: {
        requestedOplockLevel: OplockLevel.NONE,
        impersonationLevel: ImpersonationLevel.IMPERSONATION,
        desiredAccess: options.access,
        fileAttributes: options.attributes ?? 0,
        shareAccess: options.shareAccess ?? ShareAccess.ALL,
        createDisposition: options.disposition ?? CreateDisposition.OPEN,
        createOptions: options.options ?? 0,
        name: path,
        createContexts: options.contexts ?? [],
      },
      response: CreateResponse,
      path,
      signal: options.signal,
      // The caller has gone, but the server has opened the file: do not leave it open.
      onLateReply: (reply) => {
        new Open(this, path, reply.body).close().catch(() => {});
      },
    };
  }

  /** Opens or makes a file, directory or pipe. */
  async open(path: string, options: OpenOptions): Promise<Open> {
    return new Open(this, path, (await this.request(this.createSpec(path, options))).body);
  }

  /** Opens or makes a file; a directory is refused with FILE_IS_A_DIRECTORY. */
  async openFile(path: string, options: OpenOptions): Promise<File> {
    const spec = { ...options, options: (options.options ?? 0) | CreateOptions.NON_DIRECTORY_FILE };
    return new File(this, path, (await this.request(this.createSpec(path, spec))).body);
  }

  /** The entries of a directory, batch by batch; see `listDirectory`. */
  list(directory: string, options: ListOptions = {}): AsyncGenerator<readonly DirectoryEntry[]> {
    return listDirectory(this, directory, options);
  }

  /** Attributes, sizes and times in one round trip. */
  async stat(path: string, options: CallOptions = {}): Promise<FileStat> {
    const access = AccessMask.READ_ATTRIBUTES;
    // A long name does not fit and is cut off, which is no loss.
    const query = {
      ...queryInfoSpec(NO_FILE_ID, InfoType.FILE, FileInformationClass.ALL),
      accept: [NtStatus.BUFFER_OVERFLOW],
    };
    const reply = await this.#withHandle(path, { ...options, access }, query);
    const all = decodeFileAll(reply.body.outputBuffer);
    return {
      attributes: all.attributes,
      isDirectory: all.isDirectory,
      size: all.size,
      allocationSize: all.allocationSize,
      creationTime: all.creationTime,
      lastAccessTime: all.lastAccessTime,
      lastWriteTime: all.lastWriteTime,
      changeTime: all.changeTime,
      fileId: all.fileId,
      links: all.links,
    };
  }

  async mkdir(path: string, options: CallOptions = {}): Promise<void> {
    await this.#withHandle(path, {
      ...options,
      access: AccessMask.READ_ATTRIBUTES,
      disposition: CreateDisposition.CREATE,
      options: CreateOptions.DIRECTORY_FILE,
      attributes: FileAttributes.DIRECTORY,
    });
  }

  /** Removes an empty directory. */
  rmdir(path: string, options: CallOptions = {}): Promise<void> {
    return this.#remove(path, CreateOptions.DIRECTORY_FILE, options);
  }

  /** Removes a file; a link is removed itself, not what it points to. */
  unlink(path: string, options: CallOptions = {}): Promise<void> {
    return this.#remove(path, CreateOptions.NON_DIRECTORY_FILE, options);
  }

  /** Renames or moves inside the share; without `replace` the target must not exist. */
  async rename(
    from: string,
    to: string,
    options: CallOptions & { readonly replace?: boolean } = {},
  ): Promise<void> {
    const bytes = encodeFileRename({ replaceIfExists: options.replace === true, name: to });
    await this.#withHandle(
      from,
      {
        signal: options.signal,
        access: AccessMask.DELETE | AccessMask.READ_ATTRIBUTES | AccessMask.SYNCHRONIZE,
        options: CreateOptions.OPEN_REPARSE_POINT,
      },
      setInfoSpec(NO_FILE_ID, FileInformationClass.RENAME, bytes),
    );
  }

  /** Sets times and attributes; what is left out stays as it is. */
  async setBasicInfo(
    path: string,
    info: Partial<FileBasicInformation>,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#withHandle(
      path,
      { ...options, access: AccessMask.WRITE_ATTRIBUTES },
      setInfoSpec(NO_FILE_ID, FileInformationClass.BASIC, encodeFileBasic(info)),
    );
  }

  /** QUERY_INFO about a path in one round trip: the raw structure, for the decoders of core/fscc. */
  async queryInfo(
    path: string,
    infoType: number,
    infoClass: number,
    options: CallOptions & {
      readonly maxSize?: number;
      readonly additionalInformation?: number;
      readonly access?: number;
    } = {},
  ): Promise<Uint8Array> {
    const query = queryInfoSpec(NO_FILE_ID, infoType, infoClass, options);
    const access = options.access ?? AccessMask.READ_ATTRIBUTES;
    const reply = await this.#withHandle(path, { signal: options.signal, access }, query);
    return (reply as Reply<QueryInfoResponse>).body.outputBuffer.slice();
  }

  /** The volume's label and serial number ([MS-FSCC] 2.5.9). */
  async volume(options: CallOptions = {}): Promise<FsVolumeInformation> {
    return decodeFsVolume(
      await this.queryInfo("", InfoType.FILESYSTEM, FsInformationClass.VOLUME, options),
    );
  }

  /** How much space there is, for this user ([MS-FSCC] 2.5.8). */
  async fsSize(options: CallOptions = {}): Promise<FsSizeInformation> {
    return decodeFsSize(
      await this.queryInfo("", InfoType.FILESYSTEM, FsInformationClass.SIZE, options),
    );
  }

  /** TREE_DISCONNECT ([MS-SMB2] 3.2.4.22). Does nothing the second time. */
  async disconnect(options: CallOptions = {}): Promise<void> {
    if (this.#isDisconnected) return;
    this.#isDisconnected = true;
    await this.request({
      request: TreeDisconnectRequest,
      message: {},
      response: TreeDisconnectResponse,
      signal: options.signal,
    });
  }

  async #remove(path: string, kind: number, options: CallOptions): Promise<void> {
    await this.#withHandle(
      path,
      {
        ...options,
        access: AccessMask.DELETE | AccessMask.READ_ATTRIBUTES,
        options: kind | CreateOptions.OPEN_REPARSE_POINT,
      },
      setInfoSpec(NO_FILE_ID, FileInformationClass.DISPOSITION, encodeFileDisposition(true)),
    );
  }

  /**
   * CREATE, one operation on the handle and CLOSE in one frame. Resolves with the operation's reply,
   * or with the CREATE's where there is none.
   */
  async #withHandle(path: string, open: OpenOptions): Promise<Reply<CreateResponse>>;
  async #withHandle<Q, R>(
    path: string,
    open: OpenOptions,
    operation: RequestSpec<Q, R>,
  ): Promise<Reply<R>>;
  async #withHandle(
    path: string,
    open: OpenOptions,
    operation?: AnyRequestSpec,
  ): Promise<Reply<unknown>> {
    const close: AnyRequestSpec = {
      request: CloseRequest,
      message: { flags: 0, fileId: NO_FILE_ID },
      response: CloseResponse,
    };
    const middle = operation === undefined ? [] : [{ path, ...operation }];
    const results = await this.compound(
      [this.createSpec(path, open), ...middle, { path, ...close }],
      {
        signal: open.signal,
      },
    );
    const [created] = results;
    const closed = results.at(-1);
    if (
      created !== undefined &&
      !(created instanceof NtStatusError) &&
      closed instanceof NtStatusError
    ) {
      await new Open(this, path, created.body as CreateResponse).close().catch(() => undefined);
    }
    for (const result of results) if (result instanceof NtStatusError) throw result;
    return results[middle.length] as Reply<unknown>;
  }

  #inThisTree<Q, R>(spec: RequestSpec<Q, R>): RequestSpec<Q, R> {
    return { ...spec, treeId: this.treeId, encrypt: this.isEncrypted };
  }
}

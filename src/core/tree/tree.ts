import { UnsupportedError } from "../errors.ts";
import { File } from "../file/file.ts";
import { Open, queryInfoSpec, setInfoSpec } from "../file/open.ts";
import { type Removal, removePath, withHandle } from "../file/with-handle.ts";
import type { DirectoryEntry } from "../fscc/directory-information.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import { encodeFileBasic, type FileBasicInformation } from "../fscc/file-information.ts";
import { FileInformationClass, FsInformationClass } from "../fscc/file-information-class.ts";
import {
  decodeFsSize,
  decodeFsVolume,
  type FsSizeInformation,
  type FsVolumeInformation,
} from "../fscc/file-system-information.ts";
import { encodeFileRename } from "../fscc/name-information.ts";
import type { Session } from "../session/session.ts";
import {
  AccessMask,
  CreateDisposition,
  CreateOptions,
  Dialect,
  InfoType,
} from "../smb2/constants.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import { type OnDiskId, onDiskIdOf, onDiskIdRequest } from "../smb2/open-contexts.ts";
import { TreeConnectRequest, TreeConnectResponse } from "../smb2/tree-connect.ts";
import { type ListOptions, listDirectory } from "./directory-listing.ts";
import { type FileStat, statPath } from "./stat-path.ts";
import { type CallOptions, type OpenOptions, TreeConnect } from "./tree-connect.ts";
import { validateNegotiateInfo } from "./validate-negotiate-info.ts";

/**
 * A connected share. Paths are relative to its root, separated by backslashes, without a leading
 * one; "" is the root.
 */
export class Tree extends TreeConnect {
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
    if (tree.isEncrypted && !session.canEncrypt) {
      const why =
        session.connection.cipher === undefined
          ? `but no cipher was negotiated (SMB ${session.connection.dialectName}; encryption needs SMB 3)`
          : "for which a guest or anonymous session has no key";
      throw new UnsupportedError(`${unc} requires encryption, ${why}`);
    }
    await validateNegotiateInfo(tree, options);
    return tree;
  }

  /** Opens or makes a file, directory or pipe. */
  open(path: string, options: OpenOptions): Promise<Open> {
    return Open.create(this, path, options);
  }

  /** Opens or makes a file; a directory is refused with FILE_IS_A_DIRECTORY. */
  openFile(path: string, options: OpenOptions): Promise<File> {
    return File.create(this, path, options);
  }

  /**
   * The entries of a directory, batch by batch; see `listDirectory`. Their names are the server's: make
   * paths of them with `entryPath`, or walk with `walkTree`, which does.
   */
  list(directory: string, options: ListOptions = {}): AsyncGenerator<readonly DirectoryEntry[]> {
    return listDirectory(this, directory, options);
  }

  /** Attributes, sizes and times in one round trip; see `statPath`. */
  stat(path: string, options: CallOptions = {}): Promise<FileStat> {
    return statPath(this, path, options);
  }

  /** What tells a file or directory from all others; undefined where the server does not say. */
  async identify(path: string, options: CallOptions = {}): Promise<OnDiskId | undefined> {
    const access = AccessMask.READ_ATTRIBUTES;
    const contexts = [onDiskIdRequest()];
    const { body } = await withHandle(this, path, { ...options, access, contexts });
    return onDiskIdOf(body.createContexts);
  }

  /** With `mayExist` a directory that has the name already is as good as a new one. */
  async mkdir(
    path: string,
    options: CallOptions & { readonly mayExist?: boolean } = {},
  ): Promise<void> {
    const { signal, mayExist = false } = options;
    await withHandle(this, path, {
      signal,
      access: AccessMask.READ_ATTRIBUTES,
      disposition: mayExist ? CreateDisposition.OPEN_IF : CreateDisposition.CREATE,
      options: CreateOptions.DIRECTORY_FILE,
      attributes: FileAttributes.DIRECTORY,
    });
  }

  /** Removes an empty directory; see `Removal` for one that we have just emptied. */
  rmdir(path: string, options: Removal = {}): Promise<void> {
    return removePath(this, path, CreateOptions.DIRECTORY_FILE, options);
  }

  /** Removes a file; a link is removed itself, not what it points to. */
  unlink(path: string, options: CallOptions = {}): Promise<void> {
    return removePath(this, path, CreateOptions.NON_DIRECTORY_FILE, options);
  }

  /** Renames or moves inside the share; without `replace` the target must not exist. */
  async rename(
    from: string,
    to: string,
    options: CallOptions & { readonly replace?: boolean } = {},
  ): Promise<void> {
    const bytes = encodeFileRename({ replaceIfExists: options.replace === true, name: to });
    await withHandle(
      this,
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
    await withHandle(
      this,
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
    const reply = await withHandle(this, path, { signal: options.signal, access }, query);
    return reply.body.outputBuffer.slice();
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
}

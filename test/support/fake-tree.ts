import { encodeFileBasic } from "../../src/core/fscc/file-information.ts";
import { decodeFileRename, encodeFileName } from "../../src/core/fscc/name-information.ts";
import { encodeFileStreams } from "../../src/core/fscc/stream-information.ts";
import {
  type DirectoryEntry,
  FileAttributes,
  FileInformationClass,
  type FileStat,
  type FileTime,
  fileTimeFromUnixMs,
  NtStatus,
  NtStatusError,
  type Tree,
} from "../../src/core/index.ts";
import { matchesMask } from "../../src/core/tree/name-mask.ts";

/** 2024-02-29 12:34:56 UTC. */
export const LEAP_DAY: FileTime = fileTimeFromUnixMs(Date.UTC(2024, 1, 29, 12, 34, 56));

/** A file or directory of a fake share. */
export interface FakeNode {
  size: number;
  attributes: number;
  lastWriteTime: FileTime;
}

export function file(size: number, attributes: number = FileAttributes.NORMAL): FakeNode {
  return { size, attributes, lastWriteTime: LEAP_DAY };
}

export function directory(attributes: number = FileAttributes.DIRECTORY): FakeNode {
  return { size: 0, attributes, lastWriteTime: LEAP_DAY };
}

/**
 * A share in memory that answers what commands ask a `Tree`, with the statuses of a Samba server.
 * `refuse` makes single operations fail; `calls` is what was asked for.
 */
export class FakeTree {
  readonly share: string;
  readonly unc: string;
  readonly treeId: number;
  readonly isEncrypted = false;
  readonly session = { isSigned: true, isEncrypted: false };
  readonly nodes: Map<string, FakeNode>;
  readonly calls: string[] = [];
  /** Directories that were removed as ones that had just been emptied. */
  readonly emptied: string[] = [];
  readonly #refusals = new Map<string, number>();

  constructor(
    nodes: Readonly<Record<string, FakeNode>> = {},
    identity: { share?: string; treeId?: number } = {},
  ) {
    this.share = identity.share ?? "share";
    this.unc = `\\\\nas\\${this.share}`;
    this.treeId = identity.treeId ?? 7;
    this.nodes = new Map(Object.entries(nodes));
  }

  /** As the type that commands take. */
  get asTree(): Tree {
    return this as unknown as Tree;
  }

  /** Makes `operation` on `path` fail from now on. */
  refuse(operation: string, path: string, status: number): void {
    this.#refusals.set(`${operation} ${path}`, status);
  }

  async *list(
    path: string,
    options: { pattern?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<readonly DirectoryEntry[]> {
    const { pattern = "*", signal } = options;
    this.#check("list", path);
    signal?.throwIfAborted();
    if (path !== "") {
      const parent = this.#node(path, NtStatus.OBJECT_PATH_NOT_FOUND);
      if (!isDirectory(parent)) throw failure(NtStatus.NOT_A_DIRECTORY, path);
    }
    const dots = matchesMask(pattern, ".")
      ? [entryOf(".", directory()), entryOf("..", directory())]
      : [];
    const found = [...this.nodes]
      .filter(([name]) => parentOf(name) === path && matchesMask(pattern, lastOf(name)))
      .map(([name, node]) => entryOf(lastOf(name), node));
    if (found.length + dots.length === 0) throw failure(NtStatus.NO_SUCH_FILE, path);
    yield dots;
    yield found;
  }

  async stat(path: string): Promise<FileStat> {
    this.#check("stat", path);
    const node = path === "" ? directory() : this.#node(path);
    const { name: _, shortName: _short, reparseTag: _tag, ...rest } = entryOf(path, node);
    return { ...rest, fileId: 1n, isDirectory: isDirectory(node), links: 1 };
  }

  async identify(): Promise<undefined> {}

  async mkdir(path: string): Promise<void> {
    this.#check("mkdir", path);
    if (this.nodes.has(path)) throw failure(NtStatus.OBJECT_NAME_COLLISION, path);
    this.#expectParent(path);
    this.nodes.set(path, directory());
  }

  async rmdir(path: string, options: { wasEmptied?: boolean } = {}): Promise<void> {
    this.#check("rmdir", path);
    if (options.wasEmptied === true) this.emptied.push(path);
    if (!isDirectory(this.#node(path))) throw failure(NtStatus.NOT_A_DIRECTORY, path);
    if ([...this.nodes.keys()].some((name) => parentOf(name) === path)) {
      throw failure(NtStatus.DIRECTORY_NOT_EMPTY, path);
    }
    this.nodes.delete(path);
  }

  async unlink(path: string): Promise<void> {
    this.#check("unlink", path);
    if (isDirectory(this.#node(path))) throw failure(NtStatus.FILE_IS_A_DIRECTORY, path);
    this.nodes.delete(path);
  }

  async rename(from: string, to: string, options: { replace?: boolean } = {}): Promise<void> {
    this.#check("rename", from);
    const node = this.#node(from);
    this.#expectParent(to);
    if (this.nodes.has(to) && options.replace !== true) {
      throw failure(NtStatus.OBJECT_NAME_COLLISION, from);
    }
    this.nodes.delete(from);
    this.nodes.set(to, node);
  }

  async setBasicInfo(
    path: string,
    info: { readonly attributes?: number; readonly lastWriteTime?: FileTime },
  ): Promise<void> {
    this.#check("setBasicInfo", path);
    const node = this.#node(path);
    if (info.attributes !== undefined) node.attributes = info.attributes;
    if (info.lastWriteTime !== undefined) node.lastWriteTime = info.lastWriteTime;
  }

  async queryInfo(path: string, _infoType: number, infoClass: number): Promise<Uint8Array> {
    this.#check("queryInfo", path);
    const node = this.#node(path);
    if (infoClass === FileInformationClass.ALTERNATE_NAME) return encodeFileName("SHORT~1.TXT");
    if (infoClass === FileInformationClass.BASIC) {
      return encodeFileBasic({
        creationTime: LEAP_DAY,
        lastAccessTime: LEAP_DAY,
        lastWriteTime: node.lastWriteTime,
        changeTime: LEAP_DAY,
        attributes: node.attributes,
      });
    }
    const streams = isDirectory(node)
      ? []
      : [{ name: "::$DATA", size: node.size, allocationSize: node.size }];
    return encodeFileStreams(streams);
  }

  async open(path: string): Promise<FakeOpen> {
    this.#check("open", path);
    return new FakeOpen(this, path, this.#node(path));
  }

  async volume(): Promise<{ label: string; serialNumber: number; creationTime: FileTime }> {
    this.#check("volume", "");
    return { label: this.share, serialNumber: 0x71743c3d, creationTime: LEAP_DAY };
  }

  async fsSize(): Promise<Record<string, number>> {
    this.#check("fsSize", "");
    return { totalUnits: 1000, availableUnits: 400, sectorsPerUnit: 2, bytesPerSector: 512 };
  }

  #check(operation: string, path: string): void {
    this.calls.push(`${operation} ${path}`);
    const status = this.#refusals.get(`${operation} ${path}`);
    if (status !== undefined) throw failure(status, path);
  }

  #node(path: string, status: number = NtStatus.OBJECT_NAME_NOT_FOUND): FakeNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw failure(status, path);
    return node;
  }

  #expectParent(path: string): void {
    const parent = parentOf(path);
    if (parent !== "" && !this.nodes.has(parent)) {
      throw failure(NtStatus.OBJECT_PATH_NOT_FOUND, path);
    }
  }
}

/** A handle: hard links work, snapshots do not exist. */
class FakeOpen {
  readonly #tree: FakeTree;
  readonly #path: string;
  readonly #node: FakeNode;

  constructor(tree: FakeTree, path: string, node: FakeNode) {
    this.#tree = tree;
    this.#path = path;
    this.#node = node;
  }

  async setInfo(_infoClass: number, bytes: Uint8Array): Promise<void> {
    const { name } = decodeFileRename(bytes);
    if (this.#tree.nodes.has(name)) throw failure(NtStatus.OBJECT_NAME_COLLISION, name);
    this.#tree.nodes.set(name, this.#node);
  }

  async ioctl(): Promise<Uint8Array> {
    throw failure(NtStatus.INVALID_DEVICE_REQUEST, this.#path);
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

export function failure(status: number, path: string): NtStatusError {
  return new NtStatusError(status, { path });
}

function entryOf(name: string, node: FakeNode): DirectoryEntry {
  return {
    name,
    shortName: "",
    attributes: node.attributes,
    size: node.size,
    allocationSize: node.size,
    creationTime: LEAP_DAY,
    lastAccessTime: LEAP_DAY,
    lastWriteTime: node.lastWriteTime,
    changeTime: LEAP_DAY,
    reparseTag: 0,
    fileId: 0n,
  } as DirectoryEntry;
}

function isDirectory(node: FakeNode): boolean {
  return (node.attributes & FileAttributes.DIRECTORY) !== 0;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("\\")));
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("\\") + 1);
}

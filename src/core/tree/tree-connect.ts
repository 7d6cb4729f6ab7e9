import { randomBytes } from "../crypto/random.ts";
import type { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply, RequestSpec } from "../session/request-spec.ts";
import type { CompoundOptions, Session } from "../session/session.ts";
import type { WriteMemory } from "../session/write-memory.ts";
import { CloseRequest, CloseResponse } from "../smb2/close.ts";
import {
  CreateDisposition,
  CreateOptions,
  ImpersonationLevel,
  OplockLevel,
  ShareAccess,
  ShareFlags,
  ShareType,
} from "../smb2/constants.ts";
import { CreateRequest, CreateResponse } from "../smb2/create.ts";
import type { CreateContext } from "../smb2/create-contexts.ts";
import { durableHandleRequestV2 } from "../smb2/durable-handle-context.ts";
import type { TreeConnectResponse } from "../smb2/tree-connect.ts";
import { TreeDisconnectRequest, TreeDisconnectResponse } from "../smb2/tree-disconnect.ts";

/** What a share holds. */
export type TreeType = "disk" | "pipe" | "print";

/** What a CREATE asks for; the fields are those of [MS-SMB2] 2.2.13. */
export interface OpenOptions {
  /** AccessMask bits. */
  readonly access: number;
  /** ShareAccess bits; by default others may do everything. */
  readonly shareAccess?: number | undefined;
  /** CreateDisposition; by default the file must exist. */
  readonly disposition?: number | undefined;
  /** CreateOptions bits. */
  readonly options?: number | undefined;
  /** FILE_ATTRIBUTE bits of a file that is made. */
  readonly attributes?: number | undefined;
  readonly contexts?: readonly CreateContext[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

const TYPE_NAMES: ReadonlyMap<number, TreeType> = new Map([
  [ShareType.DISK, "disk"],
  [ShareType.PIPE, "pipe"],
  [ShareType.PRINT, "print"],
]);

/** A connected share as messages see it ([MS-SMB2] 3.2.1.4, TreeConnect); `Tree` adds what to do in it. */
export class TreeConnect {
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

  constructor(session: Session, unc: string, reply: Reply<TreeConnectResponse>) {
    const { shareType, shareFlags } = reply.body;
    this.session = session;
    this.unc = unc;
    this.share = unc.slice(unc.lastIndexOf("\\") + 1);
    this.treeId = reply.treeId;
    this.type = TYPE_NAMES.get(shareType) ?? "disk";
    this.isEncrypted = (shareFlags & ShareFlags.ENCRYPT_DATA) !== 0;
  }

  /** What one READ or WRITE of a file may carry now. */
  get chunkSize(): number {
    return this.isEncrypted ? this.session.encryptedChunkSize : this.session.chunkSize;
  }

  /** See `Session.lendWriteMemory`. */
  lendWriteMemory(length: number): WriteMemory | undefined {
    return this.session.lendWriteMemory(length, this.isEncrypted);
  }

  /** Sends one request in this share. */
  request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R>> {
    return this.session.request(this.#inThisTree(spec));
  }

  /** Sends a related compound in this share; see `Session.compound`. */
  compound(
    specs: readonly AnyRequestSpec[],
    options: CompoundOptions = {},
  ): Promise<readonly (Reply<unknown> | NtStatusError)[]> {
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
        createContexts: this.#contextsOf(options),
      },
      response: CreateResponse,
      path,
      signal: options.signal,
      // The caller has gone, but the server has opened the file: do not leave it open.
      onLateReply: (reply) => {
        this.#closeLate(reply.body.fileId);
      },
    };
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

  /**
   * Where a file is made and several channels may carry the request, it gets a name: should a channel
   * die, the server finds by it what it has made already ([MS-SMB2] 3.2.7.1).
   */
  #contextsOf({ contexts = [], disposition, options = 0 }: OpenOptions): readonly CreateContext[] {
    const isFile = (options & CreateOptions.NON_DIRECTORY_FILE) !== 0;
    const isMade = isFile && disposition === CreateDisposition.CREATE && this.type === "disk";
    if (!isMade || !this.session.isMultichannel) return contexts;
    const createGuid = randomBytes(16);
    return [...contexts, durableHandleRequestV2({ timeoutMs: 0, flags: 0, createGuid })];
  }

  /** The handle of a CREATE whose caller has gone. */
  #closeLate(fileId: Uint8Array): void {
    const message = { flags: 0, fileId };
    this.request({ request: CloseRequest, message, response: CloseResponse }).catch(() => {});
  }

  #inThisTree<Q, R>(spec: RequestSpec<Q, R>): RequestSpec<Q, R> {
    const { treeId, isEncrypted: encrypt } = this;
    // What was said to a pipe cannot be said again, and what was heard is gone.
    const mayReplay = this.type === "pipe" ? false : spec.mayReplay;
    return { ...spec, treeId, encrypt, mayReplay };
  }
}

import type { Reply, RequestSpec } from "../session/request-spec.ts";
import { CloseFlags, CloseRequest, CloseResponse } from "../smb2/close.ts";
import { InfoType } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { IoctlFlags, IoctlRequest, IoctlResponse } from "../smb2/ioctl.ts";
import { QueryInfoRequest, QueryInfoResponse } from "../smb2/query-info.ts";
import { SetInfoRequest, SetInfoResponse } from "../smb2/set-info.ts";
import type { CallOptions, OpenOptions, TreeConnect } from "../tree/tree-connect.ts";

const NO_BYTES = new Uint8Array(0);

/** An open file, directory or pipe ([MS-SMB2] 3.2.1.6). Close it, or use `await using`. */
export class Open implements AsyncDisposable {
  readonly tree: TreeConnect;
  /** 16 bytes that only the server understands. */
  readonly fileId: Uint8Array;
  /** Share-relative. */
  readonly path: string;
  /** What the server said when it opened it: sizes, times, attributes. */
  readonly created: CreateResponse;
  #isClosed = false;

  constructor(tree: TreeConnect, path: string, created: CreateResponse) {
    this.tree = tree;
    this.path = path;
    this.created = created;
    this.fileId = created.fileId;
  }

  /** Opens or makes a file, directory or pipe ([MS-SMB2] 3.2.4.3). */
  static async create(tree: TreeConnect, path: string, options: OpenOptions): Promise<Open> {
    return new Open(tree, path, (await tree.request(tree.createSpec(path, options))).body);
  }

  /** Sends a request about this handle; errors name its path. */
  request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R>> {
    return this.tree.request({ path: this.path, ...spec });
  }

  /**
   * Gives the handle back ([MS-SMB2] 3.2.4.5). With `postQuery` the response holds the final sizes,
   * times and attributes. A second call does nothing and resolves with undefined.
   */
  async close(
    options: { readonly postQuery?: boolean } & CallOptions = {},
  ): Promise<CloseResponse | undefined> {
    if (this.#isClosed) return undefined;
    this.#isClosed = true;
    const flags = options.postQuery === true ? CloseFlags.POSTQUERY_ATTRIB : 0;
    const reply = await this.request({
      request: CloseRequest,
      message: { flags, fileId: this.fileId },
      response: CloseResponse,
      signal: options.signal,
    });
    return reply.body;
  }

  /** Closes without complaint: where something else has already gone wrong. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => undefined);
  }

  /**
   * FSCTL and IOCTL ([MS-SMB2] 3.2.4.20): the output, a copy.
   *
   * @throws {NtStatusError} where the server or its file system cannot do it
   */
  async ioctl(
    ctlCode: number,
    input: Uint8Array,
    maxOutput: number,
    options: CallOptions & { readonly accept?: readonly number[] } = {},
  ): Promise<Uint8Array> {
    const reply = await this.request({
      ...ioctlSpec(this.fileId, ctlCode, input, maxOutput),
      accept: options.accept,
      signal: options.signal,
    });
    return reply.hasBody ? reply.body.output.slice() : NO_BYTES;
  }

  /** QUERY_INFO about this handle: the raw structure, for the decoders of core/fscc. */
  async queryInfo(
    infoType: number,
    infoClass: number,
    options: CallOptions & {
      readonly maxSize?: number;
      readonly additionalInformation?: number;
      readonly accept?: readonly number[];
    } = {},
  ): Promise<Uint8Array> {
    const reply = await this.request({
      ...queryInfoSpec(this.fileId, infoType, infoClass, options),
      accept: options.accept,
      signal: options.signal,
    });
    return reply.body.outputBuffer.slice();
  }

  /** SET_INFO with a structure of [MS-FSCC] 2.4. */
  async setInfo(infoClass: number, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    await this.request({ ...setInfoSpec(this.fileId, infoClass, bytes), signal: options.signal });
  }
}

/** An FSCTL, alone or as a member of a compound. */
export function ioctlSpec(
  fileId: Uint8Array,
  ctlCode: number,
  input: Uint8Array,
  maxOutput: number,
): RequestSpec<IoctlRequest, IoctlResponse> {
  return {
    request: IoctlRequest,
    message: {
      ctlCode,
      fileId,
      input,
      maxInputResponse: 0,
      maxOutputResponse: maxOutput,
      flags: IoctlFlags.IS_FSCTL,
    },
    response: IoctlResponse,
    expectedSize: Math.max(maxOutput, input.length),
  };
}

/** A QUERY_INFO request, alone or as a member of a compound. */
export function queryInfoSpec(
  fileId: Uint8Array,
  infoType: number,
  infoClass: number,
  options: { readonly maxSize?: number; readonly additionalInformation?: number } = {},
): RequestSpec<QueryInfoRequest, QueryInfoResponse> {
  const outputBufferLength = options.maxSize ?? 4096;
  return {
    request: QueryInfoRequest,
    message: {
      infoType,
      fileInfoClass: infoClass,
      outputBufferLength,
      additionalInformation: options.additionalInformation ?? 0,
      flags: 0,
      fileId,
      inputBuffer: NO_BYTES,
    },
    response: QueryInfoResponse,
    expectedSize: outputBufferLength,
  };
}

/** A SET_INFO request about a file, alone or as a member of a compound. */
export function setInfoSpec(
  fileId: Uint8Array,
  infoClass: number,
  buffer: Uint8Array,
): RequestSpec<SetInfoRequest, SetInfoResponse> {
  return {
    request: SetInfoRequest,
    message: {
      infoType: InfoType.FILE,
      fileInfoClass: infoClass,
      additionalInformation: 0,
      fileId,
      buffer,
    },
    response: SetInfoResponse,
  };
}

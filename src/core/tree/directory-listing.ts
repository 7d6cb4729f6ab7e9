import { ProtocolError } from "../errors.ts";
import {
  type DirectoryEntry,
  type DirectoryInformationClass,
  decodeDirectory,
} from "../fscc/directory-information.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { LostRequest } from "../session/request-dispatcher.ts";
import type { Reply, RequestSpec } from "../session/request-spec.ts";
import { CloseRequest, CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import { type OnDiskId, onDiskIdOf, onDiskIdRequest } from "../smb2/open-contexts.ts";
import { QueryDirectoryRequest, QueryDirectoryResponse } from "../smb2/query-directory.ts";
import {
  isClassRefused,
  listingClassOf,
  nextListingClass,
  rememberListingClass,
} from "./listing-class.ts";
import { ListingFilter } from "./listing-filter.ts";
import { NameSet } from "./name-set.ts";
import type { TreeConnect } from "./tree-connect.ts";

/** What we ask for per QUERY_DIRECTORY, where the server and the credits allow it. */
const LISTING_BYTES = 1024 * 1024;

export interface ListOptions {
  /**
   * Which names, with the wildcards of [MS-FSA] 2.1.4.4; all by default. Long names are what a pattern
   * with wildcards is held against, whatever the server does with short ones.
   */
  readonly pattern?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once the directory is open, with what tells it from all others where the server knows. */
  readonly onOpened?: ((id: OnDiskId | undefined) => void) | undefined;
}

type QueryReply = Reply<QueryDirectoryResponse>;

/**
 * Lists a directory batch by batch, `.` and `..` included, in the server's order. The next batch is
 * under way while the caller works on one, never more; the directory is opened in the same frame as
 * the first, and closed when the caller leaves. The listing ends with NO_MORE_FILES ([MS-SMB2]
 * 3.3.5.18), or with the NO_SUCH_FILE that some servers send instead; for a pattern without wildcards
 * after the first batch, since some servers repeat the entry for ever. Where a batch is lost with one of
 * several channels the directory is opened and read once more, and what the caller has is left out.
 *
 * @throws {NtStatusError} NO_SUCH_FILE where nothing matches; with `*` or `*.*` nothing is an empty
 * directory instead, and no error
 * @throws {DirectoryEntryError} where the server repeats a part of the listing
 */
export async function* listDirectory(
  tree: TreeConnect,
  directory: string,
  options: ListOptions = {},
): AsyncGenerator<readonly DirectoryEntry[]> {
  const filter = new ListingFilter(options.pattern ?? "*");
  const search = new Search(tree, directory, filter.sent, options.signal);
  const given = new GivenNames(tree);
  const first = await search.open(options.onOpened);
  let isEmpty = true;
  let next: Promise<QueryReply> | undefined;
  try {
    let current = await search.firstReply(first);
    while (current.status === NtStatus.SUCCESS) {
      if (filter.isMask) next = search.query();
      // Handled below; a rejection while the caller still works on this batch is no stray one.
      next?.catch(() => {});
      const entries = given.addNew(filter.take(search.decode(current.body.outputBuffer)));
      current.release();
      if (entries.length > 0) {
        isEmpty = false;
        yield entries;
      }
      if (next === undefined) break;
      current = await next.catch((error: unknown) => {
        if (!(error instanceof LostRequest) || !given.isComplete) throw error;
        filter.restart();
        return search.restart();
      });
    }
    if (isEmpty && !filter.takesAll) throw search.failure(NtStatus.NO_SUCH_FILE);
  } finally {
    await next?.catch(() => {});
    await search.close();
  }
}

/** What the caller of a listing has. It is kept where there are several channels, one of which may die. */
class GivenNames {
  /** No name is missing: the listing can begin anew. */
  isComplete = true;
  readonly #tree: TreeConnect;
  readonly #names = new NameSet();

  constructor(tree: TreeConnect) {
    this.#tree = tree;
  }

  /** Those of `entries` that were not given yet. */
  addNew(entries: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    // Once begun it goes on: after a loss there may be one channel only.
    this.isComplete &&= this.#names.size > 0 || this.#tree.session.isMultichannel;
    return this.isComplete ? entries.filter(({ name }) => this.#names.add(name)) : entries;
  }
}

/** One directory that is open to be listed. */
class Search {
  readonly #tree: TreeConnect;
  readonly #directory: string;
  readonly #pattern: string;
  readonly #signal: AbortSignal | undefined;
  #class: DirectoryInformationClass;
  #fileId: Uint8Array = NO_FILE_ID;

  constructor(
    tree: TreeConnect,
    directory: string,
    pattern: string,
    signal: AbortSignal | undefined,
  ) {
    this.#tree = tree;
    this.#directory = directory;
    this.#pattern = pattern;
    this.#signal = signal;
    this.#class = listingClassOf(tree);
  }

  /** CREATE and the first query in one frame; resolves with the answer to the query. */
  async open(onOpened: ListOptions["onOpened"]): Promise<Reply<unknown> | NtStatusError> {
    const create = this.#tree.createSpec(this.#directory, {
      access: AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.SYNCHRONIZE,
      options: CreateOptions.DIRECTORY_FILE,
      contexts: onOpened === undefined ? [] : [onDiskIdRequest()],
    });
    // In the frame it stands for what the CREATE before it opens, also when it is opened again.
    this.#fileId = NO_FILE_ID;
    const [opened, first] = await this.#tree.compound([create, this.#querySpec()], {
      signal: this.#signal,
    });
    if (opened === undefined || opened instanceof NtStatusError) throw opened;
    const created = opened.body as CreateResponse;
    this.#fileId = created.fileId;
    onOpened?.(onDiskIdOf(created.createContexts));
    return first ?? this.failure(NtStatus.NO_SUCH_FILE);
  }

  /** The first answer that is one, after asking for other information classes where need be. */
  async firstReply(answer: Reply<unknown> | NtStatusError): Promise<QueryReply> {
    if (!isClassRefused(answer)) {
      if (answer instanceof NtStatusError) throw answer;
      return answer as QueryReply;
    }
    for (;;) {
      const next = nextListingClass(this.#class);
      if (next === undefined) throw answer;
      this.#class = next;
      try {
        const reply = await this.query();
        rememberListingClass(this.#tree, next);
        return reply;
      } catch (error) {
        if (!isClassRefused(error)) throw error;
      }
    }
  }

  /**
   * Opens the directory again. What was lost may still be carried out, and would take entries from this
   * listing if it had the same handle.
   */
  async restart(): Promise<QueryReply> {
    await this.close();
    return this.firstReply(await this.open(undefined));
  }

  query(): Promise<QueryReply> {
    return this.#tree.request({ ...this.#querySpec(), signal: this.#signal });
  }

  decode(bytes: Uint8Array): DirectoryEntry[] {
    const entries = decodeDirectory(this.#class, bytes);
    if (entries.length > 0) return entries;
    // Nothing would ever end such a listing.
    throw new ProtocolError("The server sent a part of a listing without a single entry");
  }

  failure(status: number): NtStatusError {
    return new NtStatusError(status, { command: "QUERY_DIRECTORY", path: this.#directory });
  }

  /** The listing is complete or has failed already: what closing says does not matter any more. */
  async close(): Promise<void> {
    const message = { flags: 0, fileId: this.#fileId };
    await this.#tree
      .request({ request: CloseRequest, message, response: CloseResponse })
      .catch(() => {});
  }

  #querySpec(): RequestSpec<QueryDirectoryRequest, QueryDirectoryResponse> {
    const outputBufferLength = this.#tree.session.transactSize(LISTING_BYTES);
    return {
      request: QueryDirectoryRequest,
      message: {
        fileInformationClass: this.#class,
        flags: 0,
        fileIndex: 0,
        fileId: this.#fileId,
        fileName: this.#pattern,
        outputBufferLength,
      },
      response: QueryDirectoryResponse,
      expectedSize: outputBufferLength,
      accept: [NtStatus.NO_MORE_FILES, NtStatus.NO_SUCH_FILE],
      path: this.#directory,
    };
  }
}

import type { ShellSettings } from "../../src/cli/context.ts";
import { type Personality, smbxPersonality } from "../../src/cli/personality.ts";
import type { History } from "../../src/cli/shell/history.ts";
import { ShellState } from "../../src/cli/shell/shell-state.ts";
import {
  AuthenticationError,
  type Credentials,
  NtStatus,
  type SmbClient,
} from "../../src/core/index.ts";
import { FakeIo } from "./fake-io.ts";
import { type FakeTree, failure } from "./fake-tree.ts";

/** A server of fake shares behind the face of an `SmbClient`. */
export class FakeClient {
  readonly target = { host: "nas" };
  readonly shares: Map<string, FakeTree>;
  readonly logons: Credentials[] = [];
  timeoutMs = 20_000;
  isLoggedOff = false;
  /** The connection breaks. */
  lose: (error: Error) => void = () => {};
  readonly connection = {
    dialectName: "3.1.1",
    cipher: "AES-128-GCM",
    signingAlgorithm: "AES-128-GMAC",
    transport: { kind: "tcp", remoteAddress: "192.0.2.1:445" },
    echo: async () => 0.25,
  };
  readonly session = {
    closed: new Promise<Error | undefined>((resolve) => {
      this.lose = resolve;
    }),
    logoff: async () => {
      if (this.isLoggedOff) throw failure(NtStatus.USER_SESSION_DELETED, "");
      this.isLoggedOff = true;
    },
  };

  constructor(...trees: readonly FakeTree[]) {
    this.shares = new Map(trees.map((tree) => [tree.share, tree]));
  }

  get asClient(): SmbClient {
    return this as unknown as SmbClient;
  }

  async connectTree(share: string): Promise<FakeTree> {
    const tree = this.shares.get(share);
    if (tree === undefined) throw failure(NtStatus.BAD_NETWORK_NAME, "");
    return tree;
  }

  async disconnectTree(): Promise<void> {}

  async listShares(): Promise<readonly { name: string }[]> {
    return [...this.shares.keys()].map((name) => ({ name }));
  }

  async logon(credentials: Credentials, options?: { signal?: AbortSignal }): Promise<void> {
    options?.signal?.throwIfAborted();
    this.logons.push(credentials);
    if (credentials.password === "wrong") {
      throw new AuthenticationError("The password is wrong", { status: NtStatus.LOGON_FAILURE });
    }
  }
}

export interface FakeShellOptions {
  readonly personality?: Personality;
  readonly answers?: readonly string[];
  readonly isTerminal?: boolean;
  readonly settings?: Partial<ShellSettings>;
  readonly localCwd?: string;
  readonly history?: History;
  /** Ends the session. */
  readonly signal?: AbortSignal;
  /** Other shares of the same server. */
  readonly others?: readonly FakeTree[];
}

export interface FakeShell {
  readonly state: ShellState;
  readonly io: FakeIo;
  readonly tree: FakeTree;
  readonly client: FakeClient;
}

/** A shell on a fake share. */
export function fakeShell(tree: FakeTree, options: FakeShellOptions = {}): FakeShell {
  const io = new FakeIo(options);
  const client = new FakeClient(tree, ...(options.others ?? []));
  const state = new ShellState({
    io,
    personality: options.personality ?? smbxPersonality,
    settings: {
      recurse: false,
      prompt: true,
      lowercase: false,
      mask: "",
      timeoutSeconds: 20,
      ioSize: 0,
      keepTimes: true,
      inplace: false,
      jobs: 4,
      ...options.settings,
    },
    client: client.asClient,
    tree: tree.asTree,
    localCwd: options.localCwd ?? "/",
    ...(options.history === undefined ? {} : { history: options.history }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { state, io, tree, client };
}

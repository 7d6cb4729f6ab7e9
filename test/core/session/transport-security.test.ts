import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainConnection } from "../../../src/cli/explain.ts";
import { type ClientOptions, SmbClient } from "../../../src/core/client.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { ProtocolError } from "../../../src/core/errors.ts";
import { openChannel } from "../../../src/core/multichannel/open-channel.ts";
import { CipherId, Command, HeaderFlags, SecurityMode } from "../../../src/core/smb2/constants.ts";
import type { NegotiateRequest } from "../../../src/core/smb2/negotiate.ts";
import type { NegotiateContext } from "../../../src/core/smb2/negotiate-contexts.ts";
import type { SessionSetupRequest } from "../../../src/core/smb2/session-setup.ts";
import type { TransportKind } from "../../../src/core/transport.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { disguise } from "../../support/disguise.ts";
import { FakeServer, type FakeServerOptions } from "../../support/fake-server.ts";

const SMB_CONTEXTS: readonly NegotiateContext[] = [
  { kind: "preauth-integrity", hashAlgorithms: [1], salt: new Uint8Array(32) },
  { kind: "signing", signingAlgorithms: [2] },
  { kind: "encryption", ciphers: [CipherId.AES_128_GCM] },
];
/** What a server answers that leaves protection to TLS. */
const ACCEPTED = [...SMB_CONTEXTS, { kind: "transport", flags: 1 } as const];
const DEMANDS_ENCRYPTION = 4;

interface Scene {
  readonly server: FakeServer;
  readonly client: SmbClient;
  readonly tree: Tree;
}

async function open(
  options: FakeServerOptions,
  client: Partial<ClientOptions> = { encryptsOverQuic: false },
  wire: { readonly kind: TransportKind; readonly isEncrypted: boolean } = {
    kind: "quic",
    isEncrypted: true,
  },
): Promise<Scene> {
  const server = new FakeServer({ cipher: CipherId.AES_128_GCM, ...options });
  const smb = await SmbClient.connect(
    { host: "server" },
    {
      transports: [disguise(server.factory(), wire)],
      order: [{ kind: wire.kind }],
      credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
      ...client,
    },
  );
  return { server, client: smb, tree: await smb.connectTree("share") };
}

function negotiateOf(server: FakeServer): NegotiateRequest {
  const [request] = server.requestsOf(Command.NEGOTIATE);
  assert.ok(request);
  return request.body as NegotiateRequest;
}

function setupsOf(server: FakeServer): SessionSetupRequest[] {
  return server.requestsOf(Command.SESSION_SETUP).map(({ body }) => body as SessionSetupRequest);
}

function isOffered({ server }: Scene): boolean {
  const { negotiateContexts } = negotiateOf(server);
  return negotiateContexts.some((context) => context.kind === "transport" && context.flags === 1);
}

function isSigned({ server }: Scene, command: number): boolean {
  const header = server.requestsOf(command).at(-1)?.header;
  return ((header?.flags ?? 0) & HeaderFlags.SIGNED) !== 0;
}

describe("protection by the transport", () => {
  it("leaves signing and encryption to TLS where the server accepts it", async () => {
    for (const protection of ["sign", "encrypt"] as const) {
      const scene = await open(
        { negotiateContexts: ACCEPTED },
        { encryptsOverQuic: false, protection },
      );
      const { server, client } = scene;
      assert.ok(isOffered(scene));
      assert.equal(client.connection.usesTransportSecurity, true);
      assert.deepEqual([client.session.isSigned, client.session.isEncrypted], [false, false]);
      // The server would insist on what the client says that it requires.
      for (const { securityMode } of [negotiateOf(server), ...setupsOf(server)]) {
        assert.equal(securityMode, SecurityMode.SIGNING_ENABLED);
      }
      // [MS-SMB2] 3.2.4.1.1: this one is signed in any case, it proves what was negotiated.
      assert.equal(isSigned(scene, Command.TREE_CONNECT), true);
      server.on(Command.ECHO, ({ reply }) => reply({ body: {}, unsigned: true }));
      await client.connection.echo();
      await client.close();
      assert.equal(isSigned(scene, Command.LOGOFF), false);
      assert.match(
        explainConnection(client),
        /signing: protected by TLS\nencryption: protected by/,
      );
    }
  });

  it("is not offered by default, and SMB protects itself", async () => {
    const scene = await open({}, {});
    assert.ok(!isOffered(scene));
    assert.equal(scene.client.session.isSigned, true);
  });

  it("changes nothing where the server does not accept it", async () => {
    for (const flags of [undefined, 0]) {
      const negotiateContexts =
        flags === undefined
          ? SMB_CONTEXTS
          : [...SMB_CONTEXTS, { kind: "transport", flags } as const];
      const scene = await open({ negotiateContexts });
      const { server, client } = scene;
      assert.ok(isOffered(scene));
      assert.equal(client.connection.usesTransportSecurity, false);
      assert.equal(client.session.isSigned, true);
      assert.equal(
        setupsOf(server)[0]?.securityMode,
        SecurityMode.SIGNING_ENABLED | SecurityMode.SIGNING_REQUIRED,
      );
      await client.close();
      assert.equal(isSigned(scene, Command.LOGOFF), true);
    }
  });

  it("is never offered over a wire that is not verified, or is not QUIC", async () => {
    for (const wire of [
      { kind: "quic", isEncrypted: false },
      { kind: "tcp", isEncrypted: false },
      { kind: "tcp", isEncrypted: true },
    ] as const) {
      const scene = await open({}, { encryptsOverQuic: false }, wire);
      assert.ok(!isOffered(scene), `${wire.kind} ${wire.isEncrypted}`);
      assert.equal(scene.client.session.isSigned, true);
    }
  });

  it("is refused where it was not offered", async () => {
    for (const wire of [
      { kind: "quic", isEncrypted: false },
      { kind: "tcp", isEncrypted: false },
    ] as const) {
      await assert.rejects(
        open({ negotiateContexts: ACCEPTED }, { encryptsOverQuic: false }, wire),
        (error) => error instanceof ProtocolError && /was not offered/.test(error.message),
      );
    }
    await assert.rejects(open({ negotiateContexts: ACCEPTED }, {}), ProtocolError);
  });

  it("still encrypts where the server that accepted it demands encryption", async () => {
    const { client } = await open({
      negotiateContexts: ACCEPTED,
      sessionFlags: DEMANDS_ENCRYPTION,
    });
    assert.equal(client.session.isEncrypted, true);
  });

  it("is not stretched to other wires of the session", async () => {
    const negotiateContexts: NegotiateContext[] = [...ACCEPTED];
    const { server, client } = await open({ capabilities: 12, negotiateContexts });
    const openOver = (kind: TransportKind, isEncrypted: boolean) =>
      openChannel(
        client.session,
        { kind, address: "server" },
        {
          target: { host: "server" },
          transports: [disguise(server.factory(), { kind, isEncrypted })],
          clock: systemClock,
        },
        new AbortController().signal,
      );
    // Offered again only where it may be; what the server then says of itself is refused.
    await assert.rejects(openOver("tcp", false), /which was not offered/);
    const [acceptance] = negotiateContexts.splice(SMB_CONTEXTS.length);
    assert.ok(acceptance);
    for (const [kind, isEncrypted] of [
      ["tcp", false],
      ["quic", false],
      ["quic", true],
    ] as const) {
      await assert.rejects(openOver(kind, isEncrypted), /protected by TLS/);
    }
    assert.equal(client.session.channels.length, 1);
    negotiateContexts.push(acceptance);
    await openOver("quic", true);
    assert.equal(client.session.channels.length, 2);
  });

  it("still wants the last SESSION_SETUP response signed", async () => {
    let frames = 0;
    const unsign = (frame: Uint8Array): readonly Uint8Array[] => {
      frames += 1;
      // NEGOTIATE, the challenge, and then the one that is signed.
      if (frames === 3) new DataView(frame.buffer, frame.byteOffset).setUint32(16, 1, true);
      return [frame];
    };
    await assert.rejects(
      open({ negotiateContexts: ACCEPTED, meddle: unsign }),
      /unsigned response/,
    );
  });
});

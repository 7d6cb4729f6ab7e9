import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { after, describe, it } from "node:test";
import { type ListenOptions, listen, type QuicConnection, unavailable } from "ngtcp2-napi";
import {
  CertificateAuthority,
  type CertificateOptions,
} from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { DialFailure, type TransportFailureReason } from "../../../src/core/errors.ts";
import type { Transport } from "../../../src/core/transport.ts";
import { type QuicOptions, quicTransport } from "../../../src/transports/quic/quic-transport.ts";
import { Recorder } from "../../compliance/recorder.ts";

const signal = new AbortController().signal;

describe("the QUIC transport", { skip: unavailable() ?? false }, () => {
  const authority = new CertificateAuthority("Example Root");
  const stranger = new CertificateAuthority("Stranger");
  after(() => {
    authority.dispose();
    stranger.dispose();
  });

  /** Runs a server with this certificate and dials it. */
  async function withServer(
    options: {
      certificate?: CertificateOptions;
      server?: Partial<ListenOptions>;
      client?: QuicOptions;
    },
    body: (dialling: Promise<Transport>, accepted: Promise<QuicConnection>) => Promise<void>,
  ): Promise<void> {
    let accept: (connection: QuicConnection) => void = () => undefined;
    const accepted = new Promise<QuicConnection>((resolve) => {
      accept = resolve;
    });
    const identity = authority.issue(options.certificate);
    const server = listen(
      { host: "127.0.0.1", alpn: "smb", ...identity, ...options.server },
      accept,
    );
    const settings = { ca: [authority.root.cert], systemCa: false, ...options.client };
    const target = { host: "localhost", address: "127.0.0.1", port: server.address?.port ?? 0 };
    try {
      await body(quicTransport(settings).dial(target, { signal }), accepted);
    } finally {
      await server.close();
    }
  }

  const refusals: readonly (readonly [
    string,
    Parameters<typeof withServer>[0],
    RegExp,
    TransportFailureReason,
  ])[] = [
    ["expired", { certificate: { from: -9, until: -2 } }, /expired on 20.* UTC$/, "certificate"],
    ["not yet valid", { certificate: { from: 2, until: 9 } }, /not valid before/, "certificate"],
    [
      "a wrong name",
      { certificate: { names: ["DNS:a.example", "DNS:b.example"] } },
      /is not for localhost, but for a\.example, b\.example$/,
      "certificate",
    ],
    ["no name", { certificate: { names: [] } }, /no name at all/, "certificate"],
    [
      "an unknown issuer",
      { certificate: { issuer: stranger.root } },
      /was issued by CN=Stranger, which is not trusted/,
      "certificate",
    ],
    ["self-signed", { certificate: { issuer: "self" } }, /is self-signed/, "certificate"],
    [
      "for clients",
      { certificate: { purpose: "clientAuth" } },
      /not meant for servers/,
      "certificate",
    ],
    ["another protocol", { server: { alpn: "h3" } }, /speaks QUIC, but not SMB/, "other"],
  ];
  for (const [name, options, words, reason] of refusals) {
    it(`says in words what is wrong: ${name}`, () =>
      withServer(options, async (dialling) => {
        await assert.rejects(dialling, (error) => {
          assert.ok(error instanceof DialFailure);
          assert.match(error.message, words);
          assert.equal(error.reason, reason);
          return true;
        });
      }));
  }

  it("is not called encrypted where nothing was verified", async () => {
    for (const [verify, isEncrypted] of [
      ["strict", true],
      ["ca", false],
      ["none", false],
    ] as const) {
      await withServer({ client: { verify } }, async (dialling) => {
        const transport = await dialling;
        assert.equal(transport.isEncrypted, isEncrypted, verify);
        await transport.close();
      });
    }
  });

  it("tells of a port where nobody listens, and of silence", async () => {
    const server = listen(
      { host: "127.0.0.1", alpn: "smb", ...authority.issue() },
      () => undefined,
    );
    const port = server.address?.port ?? 0;
    await server.close();
    const target = { host: "localhost", address: "127.0.0.1", port };
    await assert.rejects(quicTransport().dial(target, { signal }), { reason: "refused" });
    const silent = createSocket("udp4").bind(0, "127.0.0.1");
    await once(silent, "listening");
    const impatient = { signal, connectTimeoutMs: 50 };
    const quiet = { ...target, port: silent.address().port };
    await assert.rejects(quicTransport().dial(quiet, impatient), { reason: "timeout" });
    silent.close();
  });

  const requires = { clientCertificate: "require", ca: authority.root.cert } as const;

  it("tells of a server that requires a client certificate", () =>
    withServer({ server: requires }, async (dialling) => {
      await assert.rejects(dialling, {
        words: "the server requires a client certificate",
        reason: "identity",
        problems: ["client-certificate-required"],
      });
    }));

  it("tells of a server that does not accept ours", () => {
    const client = stranger.issue({ purpose: "clientAuth" });
    return withServer({ server: requires, client }, async (dialling) => {
      await assert.rejects(dialling, (error) => {
        assert.ok(error instanceof DialFailure);
        assert.match(
          error.words,
          /^the server .* (?:refuses|does not know the issuer of)? ?the client certificate/,
        );
        assert.deepEqual(error.problems, ["client-certificate-refused"]);
        return true;
      });
    });
  });

  it("shows a certificate that the server accepts", () => {
    const client = authority.issue({ purpose: "clientAuth" });
    return withServer({ server: requires, client }, async (dialling) => {
      await (await dialling).close();
    });
  });

  it("tells of an end in the middle of a message", () =>
    withServer({}, async (dialling, accepted) => {
      const transport = await dialling;
      const recorder = new Recorder();
      transport.start(recorder);
      await transport.send([Uint8Array.of(1)]);
      (await accepted).onStream((stream) => {
        void stream.write(Uint8Array.of(0, 0, 1, 0, 7, 7));
        stream.end();
      });
      assert.match((await recorder.whenClosed)?.message ?? "", /in the middle of a message/);
    }));

  it("needs a name, unless one is given", () => {
    const target = { host: "192.0.2.1" };
    assert.match(quicTransport().unsuitable?.(target) ?? "", /is an address/);
    assert.equal(quicTransport({ serverName: "nas" }).unsuitable?.(target), undefined);
  });

  it("is not used under a name that no certificate can have", () => {
    for (const host of [".", "", "..", "a..b", "nas\0.example", " "]) {
      assert.match(
        quicTransport().unsuitable?.({ host }) ?? "",
        /no certificate can have the name/,
      );
      const named = quicTransport({ serverName: host });
      assert.match(named.unsuitable?.({ host: "nas" }) ?? "", /no certificate can have the name/);
    }
    assert.equal(quicTransport().unsuitable?.({ host: "nas.example." }), undefined);
    assert.equal(
      quicTransport({ serverName: "fe80::1%eth0" }).unsuitable?.({ host: "a" }),
      undefined,
    );
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CipherId,
  type ClientOptions,
  Dialect,
  dialectName,
  SigningAlgorithmId,
  type SmbClient,
  UnsupportedError,
} from "../../src/core/index.ts";
import { type Samba, type SambaOptions, sambaUnavailable, startSamba } from "../support/samba.ts";
import { possibleDialects } from "../support/wire.ts";
import { connectTo, exerciseShare } from "./protocol-exercise.ts";

const ALL_DIALECTS = [
  [Dialect.SMB_2_0_2, "SMB2_02"],
  [Dialect.SMB_2_1, "SMB2_10"],
  [Dialect.SMB_3_0, "SMB3_00"],
  [Dialect.SMB_3_0_2, "SMB3_02"],
  [Dialect.SMB_3_1_1, "SMB3_11"],
] as const;
const DIALECTS = ALL_DIALECTS.filter(([dialect]) => possibleDialects([dialect]).length > 0);
const CIPHERS = [
  [CipherId.AES_128_GCM, "AES-128-GCM"],
  [CipherId.AES_128_CCM, "AES-128-CCM"],
  [CipherId.AES_256_GCM, "AES-256-GCM"],
  [CipherId.AES_256_CCM, "AES-256-CCM"],
] as const;
const SIGNERS = [
  [SigningAlgorithmId.AES_GMAC, "AES-128-GMAC"],
  [SigningAlgorithmId.AES_CMAC, "AES-128-CMAC"],
  [SigningAlgorithmId.HMAC_SHA256, "HMAC-SHA256"],
] as const;

/** Connects, does everything that is to be done with files, and leaves. */
async function run(
  samba: Samba,
  options: Partial<ClientOptions>,
  check: (client: SmbClient) => void,
): Promise<void> {
  const client = await connectTo(samba, options);
  try {
    check(client);
    await exerciseShare(await client.connectTree("share"), samba.sharePath("share"));
  } finally {
    await client.close();
  }
}

async function withServer(
  options: SambaOptions,
  use: (samba: Samba) => Promise<void>,
): Promise<void> {
  await using samba = await startSamba(options);
  await use(samba);
}

describe("what a client insists on, with a real server", {
  skip: sambaUnavailable() ?? false,
}, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba();
  });
  after(() => samba.stop());

  for (const [dialect] of DIALECTS) {
    for (const protection of ["off", "sign", "encrypt"] as const) {
      const canEncrypt = dialect >= Dialect.SMB_3_0;
      it(`dialect ${dialectName(dialect)}, protection ${protection}`, async () => {
        const options = { minDialect: dialect, maxDialect: dialect, protection };
        if (protection === "encrypt" && !canEncrypt) {
          await assert.rejects(connectTo(samba, options), UnsupportedError);
          return;
        }
        await run(samba, options, ({ connection, session }) => {
          assert.equal(connection.dialect, dialect);
          assert.equal(session.isEncrypted, protection === "encrypt");
          assert.equal(session.isSigned, protection !== "off");
        });
      });
    }
  }

  for (const [algorithm, name] of SIGNERS) {
    it(`signed with ${name}`, () =>
      run(samba, { signingAlgorithms: [algorithm] }, ({ connection }) =>
        assert.equal(connection.signingAlgorithm, name),
      ));
  }

  for (const [cipher, name] of CIPHERS) {
    it(`encrypted with ${name}`, () =>
      run(samba, { ciphers: [cipher], protection: "encrypt" }, ({ connection, session }) => {
        assert.equal(connection.cipher, name);
        assert.equal(session.isEncrypted, true);
      }));
  }

  it("has nothing to encrypt with where it offers no cipher", async () => {
    await assert.rejects(connectTo(samba, { ciphers: [], protection: "encrypt" }), /no cipher/);
    await run(samba, { ciphers: [] }, ({ connection }) =>
      assert.equal(connection.cipher, undefined),
    );
  });
});

describe("what a server insists on", { skip: sambaUnavailable() ?? false }, () => {
  for (const [dialect, name] of DIALECTS) {
    it(`dialect ${dialectName(dialect)}`, () =>
      withServer(
        { global: { "server min protocol": name, "server max protocol": name } },
        async (samba) => {
          await run(samba, {}, ({ connection }) => assert.equal(connection.dialect, dialect));
          if (dialect === Dialect.SMB_3_1_1) return;
          const minDialect = Dialect.SMB_3_1_1;
          await assert.rejects(connectTo(samba, { minDialect }), UnsupportedError);
        },
      ));
  }

  for (const [, name] of SIGNERS) {
    it(`signatures by ${name}`, () =>
      withServer({ global: { "server smb3 signing algorithms": name } }, (samba) =>
        run(samba, {}, ({ connection }) => assert.equal(connection.signingAlgorithm, name)),
      ));
  }

  for (const [, name] of CIPHERS) {
    it(`encryption by ${name}, of everything`, () =>
      withServer(
        { global: { "server smb3 encryption algorithms": name, "smb encrypt": "required" } },
        async (samba) => {
          await run(samba, {}, ({ connection, session }) => {
            assert.equal(connection.cipher, name);
            assert.equal(session.isEncrypted, true);
          });
          await assert.rejects(connectTo(samba, { maxDialect: Dialect.SMB_2_1 }), Error);
        },
      ));
  }

  it("encryption of one share only", () =>
    withServer(
      { shares: [{ name: "share", parameters: { "smb encrypt": "required" } }, { name: "open" }] },
      async (samba) => {
        for (const maxDialect of possibleDialects([Dialect.SMB_3_0, Dialect.SMB_3_1_1])) {
          const client = await connectTo(samba, { maxDialect });
          assert.equal(client.session.isEncrypted, false);
          const tree = await client.connectTree("share");
          assert.equal(tree.isEncrypted, true);
          const open = await client.connectTree("open");
          assert.equal(open.isEncrypted, false);
          await Promise.all([
            exerciseShare(tree, samba.sharePath("share")),
            exerciseShare(open, samba.sharePath("open")),
          ]);
          await client.close();
        }
        const client = await connectTo(samba, { ciphers: [] });
        await assert.rejects(client.connectTree("share"), Error);
        await exerciseShare(await client.connectTree("open"), samba.sharePath("open"));
        await client.close();
      },
    ));

  it("signatures, also from a client that would do without", () =>
    withServer({ global: { "server signing": "mandatory" } }, (samba) =>
      run(samba, { protection: "off" }, ({ session }) => assert.equal(session.isSigned, true)),
    ));

  it("no signatures and no encryption: the client has both ways", () =>
    withServer(
      { global: { "server signing": "disabled", "smb encrypt": "off" } },
      async (samba) => {
        await run(samba, {}, ({ session }) => assert.equal(session.isSigned, true));
        await assert.rejects(connectTo(samba, { protection: "encrypt" }), UnsupportedError);
      },
    ));
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Credentials } from "../../src/core/log-on.ts";
import { NtStatus } from "../../src/core/nt-status.ts";
import { Command } from "../../src/core/smb2/constants.ts";
import type { FakeServer, FakeServerOptions } from "../support/fake-server.ts";
import { connected, openFile } from "../support/fake-session.ts";

/** A server that folds names as Windows does and does not look like Windows. */
const UNEXPECTED: FakeServerOptions = { ntlm: { caseTable: "windows" } };

function as(username: string, password = "secret"): { credentials: Credentials } {
  return { credentials: { kind: "password", username, domain: "LAB", password } };
}

/** How many SESSION_SETUPs a logon takes, whether it succeeds or not. */
async function setupsOf(
  options: FakeServerOptions,
  client: ReturnType<typeof as>,
): Promise<number> {
  let server: FakeServer | undefined;
  const prepare = (prepared: FakeServer): void => {
    server = prepared;
  };
  await connected({ ...options, prepare }, client).catch(() => {});
  return server?.requestsOf(Command.SESSION_SETUP).length ?? 0;
}

describe("logging on with a name whose upper case is disputed", () => {
  it("tries the other table once, and keeps to what worked", async () => {
    const { server, file } = await openFile(UNEXPECTED, as("ștefan"));
    assert.equal(server.requestsOf(Command.SESSION_SETUP).length, 4);
    let isExpired = true;
    server.on(Command.READ, ({ reply }) => {
      const body = { data: new Uint8Array(4), dataRemaining: 0, flags: 0 };
      reply(isExpired ? { status: NtStatus.NETWORK_SESSION_EXPIRED } : { body });
      isExpired = false;
    });
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
    assert.equal(server.requestsOf(Command.SESSION_SETUP).length, 6);
  });

  it("begins with the one that the server's version suggests", async () => {
    assert.equal(await setupsOf({ ntlm: { caseTable: "samba" } }, as("ștefan")), 2);
    const windows = { ntlm: { caseTable: "windows", build: 20_348 } } as const;
    assert.equal(await setupsOf(windows, as("ștefan")), 2);
  });

  it("fails after the second try, and after the first for every other name", async () => {
    assert.equal(await setupsOf({}, as("ștefan", "wrong")), 4);
    assert.equal(await setupsOf({}, as("anna", "wrong")), 2);
    assert.equal(await setupsOf({}, as("jörg", "wrong")), 2);
    await assert.rejects(connected({}, as("ștefan", "wrong")), {
      statusName: "NT_STATUS_LOGON_FAILURE",
    });
  });
});

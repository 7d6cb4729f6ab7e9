import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtocolError } from "../../../src/core/errors.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { CipherId, Command, Dialect } from "../../../src/core/smb2/constants.ts";
import { SIGNATURE_OFFSET } from "../../../src/core/smb2/header.ts";
import type { FakeReply, FakeRequest } from "../../support/fake-server.ts";
import { connected, openFile } from "../../support/fake-session.ts";

const END = SIGNATURE_OFFSET + 16;

/** What servers put in the Signature field of a failure that they do not sign. */
const UNSIGNED: readonly (readonly [string, (request: FakeRequest) => FakeReply])[] = [
  ["absent", () => ({ unsigned: true })],
  ["zero", () => ({ tamper: (message) => message.fill(0, SIGNATURE_OFFSET, END) })],
  [
    "that of the request",
    (request) => ({
      tamper(message) {
        message.set(request.message.subarray(SIGNATURE_OFFSET, END), SIGNATURE_OFFSET);
        return message;
      },
    }),
  ],
];
const WRONG: FakeReply = { tamper: (message) => message.fill(0x11, SIGNATURE_OFFSET, END) };

describe("a failure that servers do not sign", () => {
  for (const name of ["NETWORK_NAME_DELETED", "FILE_CLOSED", "INVALID_PARAMETER"] as const) {
    const status = NtStatus[name];
    for (const [what, unsigned] of UNSIGNED) {
      it(`${name} fails its request and no other where the signature is ${what}`, async () => {
        const { server, client, file } = await openFile();
        server.on(Command.READ, (request) => request.reply({ status, ...unsigned(request) }));
        await assert.rejects(
          file.read(new Uint8Array(4), 0),
          (error) => error instanceof NtStatusError && error.status === status,
        );
        assert.equal(client.connection.isClosed, false);
        await file.close();
      });
    }

    it(`${name} is not believed with a wrong signature`, async () => {
      const { server, client, file } = await openFile();
      server.on(Command.READ, ({ reply }) => reply({ status, ...WRONG }));
      await assert.rejects(file.read(new Uint8Array(4), 0), /signature/);
      assert.equal(client.connection.isClosed, true);
    });

    it(`${name} is not believed in the clear on an encrypted session`, async () => {
      const cipher = CipherId.AES_128_GCM;
      const { server, file } = await openFile({ cipher }, { protection: "encrypt" });
      const bare = { status, unencrypted: true, unsigned: true };
      server.on(Command.READ, ({ reply }) => reply(bare));
      await assert.rejects(file.read(new Uint8Array(4), 0), /unencrypted/);
    });
  }

  for (const name of [
    "SUCCESS",
    "ACCESS_DENIED",
    "END_OF_FILE",
    "OBJECT_NAME_NOT_FOUND",
  ] as const) {
    it(`is not ${name}`, async () => {
      const { server, client, file } = await openFile();
      const body = { data: new Uint8Array(4), dataRemaining: 0, flags: 0 };
      const answer = name === "SUCCESS" ? { body } : { status: NtStatus[name] };
      server.on(Command.READ, ({ reply }) => reply({ ...answer, unsigned: true }));
      await assert.rejects(file.read(new Uint8Array(4), 0), ProtocolError);
      assert.equal(client.connection.isClosed, true);
    });
  }

  for (const [what, unsigned] of UNSIGNED) {
    it(`never stands for the confirmation of the negotiation: signature ${what}`, async () => {
      const status = NtStatus.FILE_CLOSED;
      await assert.rejects(
        connected(
          {
            dialect: Dialect.SMB_3_0_2,
            prepare: (server) =>
              server.on(Command.IOCTL, (request) =>
                request.reply({ status, ...unsigned(request) }),
              ),
          },
          {},
        ),
        ProtocolError,
      );
    });
  }
});

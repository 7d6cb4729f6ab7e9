import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BodyCodec, encodeBody } from "../../../src/core/smb2/codec.ts";
import { Command, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { CreateRequest } from "../../../src/core/smb2/create.ts";
import { describeMessage } from "../../../src/core/smb2/describe.ts";
import { ErrorResponse } from "../../../src/core/smb2/error-response.ts";
import { encodeHeader, type Smb2Header } from "../../../src/core/smb2/header.ts";
import { QueryDirectoryRequest } from "../../../src/core/smb2/query-directory.ts";
import { ReadRequest } from "../../../src/core/smb2/read.ts";
import { SessionSetupRequest, SessionSetupResponse } from "../../../src/core/smb2/session-setup.ts";
import { encodeTransformHeader } from "../../../src/core/smb2/transform-header.ts";
import { Writer } from "../../../src/core/wire/writer.ts";
import { fromHex, sixteen } from "../../golden/golden-row.ts";

const header: Smb2Header = {
  creditCharge: 16,
  status: 0,
  command: Command.READ,
  credits: 32,
  flags: 0,
  nextCommand: 0,
  messageId: 5,
  asyncId: 0n,
  treeId: 1,
  sessionId: 0xbeefn,
};

function message<M>(codec: BodyCodec<M>, value: M, changes: Partial<Smb2Header> = {}): Uint8Array {
  const w = new Writer();
  encodeHeader(w, { ...header, ...changes });
  encodeBody(w, codec, value);
  return w.finish().slice();
}

const none = new Uint8Array(0);
const read: ReadRequest = {
  flags: 0,
  length: 1_048_576,
  offset: 0,
  fileId: sixteen(7),
  minimumCount: 0,
  channel: 0,
  channelInfo: none,
};

describe("a message in a trace", () => {
  it("is one line", () => {
    assert.equal(
      describeMessage(message(ReadRequest, read), "request"),
      "READ request mid=5 credits=16/32 tree=1 session=0xbeef flags=0x0 length=1048576 offset=0 " +
        "fileId=07070707070707070707070707070707 minimumCount=0 channel=0 channelInfo=<0 bytes>",
    );
  });

  it("tells a failure by its name", () => {
    const failed = message(
      ErrorResponse,
      { errorContexts: [], errorData: none },
      { status: 0xc000_0034, flags: HeaderFlags.SERVER_TO_REDIR | HeaderFlags.SIGNED },
    );
    assert.equal(
      describeMessage(failed, "response"),
      "READ response mid=5 credits=16/32 status=NT_STATUS_OBJECT_NAME_NOT_FOUND tree=1 " +
        "session=0xbeef signed errorContexts=[] errorData=<0 bytes>",
    );
  });

  it("tells a SESSION_SETUP that goes on from one that failed", () => {
    const goesOn = message(
      SessionSetupResponse,
      { sessionFlags: 0, securityBuffer: sixteen(1) },
      { command: Command.SESSION_SETUP, status: 0xc000_0016 },
    );
    assert.match(describeMessage(goesOn, "response"), /securityBuffer=<16 bytes>$/);
    const failed = message(
      ErrorResponse,
      { errorContexts: [], errorData: none },
      { command: Command.SESSION_SETUP, status: 0xc000_006d },
    );
    assert.match(describeMessage(failed, "response"), /LOGON_FAILURE .*errorData=<0 bytes>$/);
  });

  it("tells asynchronous, related and replayed messages", () => {
    const pending = message(
      ErrorResponse,
      { errorContexts: [], errorData: none },
      {
        status: 0x103,
        asyncId: 0x10en,
        flags:
          HeaderFlags.ASYNC_COMMAND | HeaderFlags.RELATED_OPERATIONS | HeaderFlags.REPLAY_OPERATION,
      },
    );
    const text = describeMessage(pending, "response");
    assert.match(text, /status=NT_STATUS_PENDING async=0x10e session=0xbeef related replay /);
  });

  it("is a line for each command of a compound", () => {
    const first = message(ReadRequest, read, { nextCommand: 120 });
    const compound = new Uint8Array(240);
    compound.set(first);
    compound.set(message(ReadRequest, { ...read, length: 7 }, { messageId: 6 }), 120);
    const lines = describeMessage(compound, "request").split("\n");
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", /mid=5 .*length=1048576/);
    assert.match(lines[1] ?? "", /mid=6 .*length=7/);
  });

  it("never has a secret", () => {
    const secret = Uint8Array.from(Buffer.from("NTLMSSP-and-a-password"));
    const setup = message(
      SessionSetupRequest,
      { flags: 0, securityMode: 1, capabilities: 0, previousSessionId: 0n, securityBuffer: secret },
      { command: Command.SESSION_SETUP },
    );
    const text = describeMessage(setup, "request");
    assert.match(text, /securityBuffer=<22 bytes>/);
    for (const form of [Buffer.from(secret).toString("hex"), "password", "NTLMSSP"]) {
      assert.ok(!text.includes(form));
    }
  });

  it("has no control characters, and shortens what is long", () => {
    const request = (name: string): Uint8Array =>
      message(
        QueryDirectoryRequest,
        {
          fileInformationClass: 37,
          flags: 0,
          fileIndex: 0,
          fileId: sixteen(7),
          fileName: name,
          outputBufferLength: 1,
        },
        { command: Command.QUERY_DIRECTORY },
      );
    const text = describeMessage(request('\u001b[31m"ü\u202e\u2028'), "request");
    assert.match(text, /fileName="\\u\{1b\}\[31m\\"ü\\u\{202e\}\\u\{2028\}"/);
    assert.ok(describeMessage(request("a".repeat(20_000)), "request").length < 600);
  });

  it("names create contexts without their data", () => {
    const create = message(
      CreateRequest,
      {
        requestedOplockLevel: 0,
        impersonationLevel: 2,
        desiredAccess: 0x8000_0000,
        fileAttributes: 0,
        shareAccess: 7,
        createDisposition: 1,
        createOptions: 0,
        name: "dir\\file",
        createContexts: [{ name: "RqLs", data: new Uint8Array(32) }],
      },
      { command: Command.CREATE },
    );
    assert.match(
      describeMessage(create, "request"),
      /desiredAccess=0x80000000 .*name="dir\\\\file" createContexts=\[\{name="RqLs" data=<32 bytes>\}\]$/,
    );
  });

  it("tells encrypted, compressed and foreign messages", () => {
    const sealed = encodeTransformHeader({
      signature: sixteen(1),
      nonce: sixteen(2),
      originalMessageSize: 104,
      flags: 1,
      sessionId: 0xbeefn,
    });
    assert.equal(describeMessage(sealed, "request"), "ENCRYPTED session=0xbeef length=104");
    assert.equal(describeMessage(fromHex("fc534d42 00"), "response"), "COMPRESSED 5 bytes");
    assert.equal(describeMessage(fromHex("ff534d42 72"), "request"), "SMB1 5 bytes");
    assert.match(describeMessage(fromHex("47455420 2f"), "request"), /^5 bytes that are no SMB2/);
  });

  it("tells garbage as such", () => {
    assert.match(describeMessage(new Uint8Array(0), "request"), /^0 bytes that are no message/);
    const whole = message(ReadRequest, read);
    assert.match(
      describeMessage(whole.subarray(0, 20), "request"),
      /^20 bytes that are no message/,
    );
    assert.match(describeMessage(whole.subarray(0, 65), "request"), /\(1 bytes not understood\)$/);
    assert.match(describeMessage(whole.subarray(0, 80), "request"), /\(not understood: 16 bytes /);
    const unknown = message(ReadRequest, read, { command: 0x77 });
    assert.match(
      describeMessage(unknown, "request"),
      /^COMMAND\(119\) request .*not understood\)$/,
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeBody, encodeBody } from "../../../src/core/smb2/codec.ts";
import { encodeHeader, HEADER_LENGTH } from "../../../src/core/smb2/header.ts";
import { NegotiateRequest } from "../../../src/core/smb2/negotiate.ts";
import {
  decodeNegotiateContext,
  NegotiateContextType,
  POSIX_EXTENSIONS_ID,
  readNegotiateContexts,
} from "../../../src/core/smb2/negotiate-contexts.ts";
import { Writer } from "../../../src/core/wire/writer.ts";
import { fromHex, sixteen } from "../../golden/golden-row.ts";
import { exampleHeader } from "./example-header.ts";

describe("negotiate contexts", () => {
  it("must name a hash, a cipher and a signing algorithm", () => {
    for (const type of [
      NegotiateContextType.PREAUTH_INTEGRITY_CAPABILITIES,
      NegotiateContextType.ENCRYPTION_CAPABILITIES,
      NegotiateContextType.SIGNING_CAPABILITIES,
    ]) {
      assert.throws(() => decodeNegotiateContext(type, fromHex("0000 0000")), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });

  it("may offer no compression", () => {
    const type = NegotiateContextType.COMPRESSION_CAPABILITIES;
    assert.deepEqual(decodeNegotiateContext(type, fromHex("0000 0000 00000000")), {
      kind: "compression",
      flags: 0,
      compressionAlgorithms: [],
    });
  });

  it("do not promise more than the bytes hold", () => {
    for (const [type, data] of [
      [1, "0100 2000 0100 00"],
      [2, "ffff 0100"],
      [3, "0200 0000 00000000 0100"],
      [7, "0200 0000 00000000 0100"],
      [8, "0200 0000 00"],
    ] as const) {
      assert.throws(() => decodeNegotiateContext(type, fromHex(data)), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });

  it("carry the bytes that name the POSIX extensions", () => {
    const context = decodeNegotiateContext(0x0100, POSIX_EXTENSIONS_ID);
    assert.deepEqual(context, { kind: "posix", versions: [POSIX_EXTENSIONS_ID] });
  });

  it("may be followed by padding, or not", () => {
    const context = "0600 0400 00000000 01000000";
    const expected = [{ kind: "transport", flags: 1 }];
    assert.deepEqual(readNegotiateContexts(fromHex(context), 0, 1), expected);
    assert.deepEqual(readNegotiateContexts(fromHex(`${context} 00000000`), 0, 1), expected);
  });

  it("lie inside the message", () => {
    for (const offset of [9, 100, 0xffff_ffff]) {
      assert.throws(() => readNegotiateContexts(new Uint8Array(16), offset, 1), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });

  it("go only to servers that may speak 3.1.1", () => {
    const w = new Writer();
    encodeHeader(w, exampleHeader);
    encodeBody(w, NegotiateRequest, {
      securityMode: 1,
      capabilities: 0,
      clientGuid: sixteen(1),
      dialects: [0x0302],
      negotiateContexts: [{ kind: "transport", flags: 1 }],
    });
    assert.equal(w.length, HEADER_LENGTH + 36 + 2);
    assert.deepEqual(decodeBody(w.finish(), NegotiateRequest).negotiateContexts, []);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AvId, encodeAvPairs } from "../../../../src/core/auth/ntlmssp/av-pairs.ts";
import {
  lmV2Response,
  ntHash,
  ntlmV2Response,
  ntowfV2,
} from "../../../../src/core/auth/ntlmssp/ntlmv2.ts";
import {
  NtlmSessionSecurity,
  ntlmMessageSignature,
  ntlmSealingKey,
  ntlmSigningKey,
} from "../../../../src/core/auth/ntlmssp/session-security.ts";
import { Rc4 } from "../../../../src/core/crypto/rc4.ts";
import { encodeUtf16 } from "../../../../src/core/wire/utf16.ts";
import { fromHex, toHex } from "../../../support/hex.ts";

const SESSION_KEY = new Uint8Array(16).fill(0x55);

describe("NTLMv2 by [MS-NLMP] 4.2.4", () => {
  const input = {
    responseKey: ntowfV2(ntHash("Password"), "User", "Domain"),
    serverChallenge: fromHex("0123456789abcdef"),
    clientChallenge: new Uint8Array(8).fill(0xaa),
    time: 0n,
    targetInfo: encodeAvPairs([
      { id: AvId.NB_DOMAIN_NAME, value: encodeUtf16("Domain") },
      { id: AvId.NB_COMPUTER_NAME, value: encodeUtf16("Server") },
    ]),
  };

  it("4.2.4.1.1: derives NTOWFv2", () => {
    assert.equal(toHex(input.responseKey), "0c868a403bfd7a93a3001ef22ef02e3f");
  });

  it("4.2.4.2.1: computes the LMv2 response", () => {
    assert.equal(toHex(lmV2Response(input)), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
  });

  it("4.2.4.1.3, 4.2.4.2.2: computes temp, the NTLMv2 response and the session base key", () => {
    const { response, sessionBaseKey } = ntlmV2Response(input);
    assert.equal(
      toHex(response),
      toHex(
        fromHex(`68cd0ab851e51c96aabc927bebef6a1c 01010000000000000000000000000000aaaaaaaaaaaaaaaa
          0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000`),
      ),
    );
    assert.equal(toHex(sessionBaseKey), "8de40ccadbc14a82f15cb0ad0de95ca3");
  });

  it("4.2.4.2.3: encrypts the session key", () => {
    const { sessionBaseKey } = ntlmV2Response(input);
    assert.equal(
      toHex(new Rc4(sessionBaseKey).update(SESSION_KEY)),
      "c5dad2544fc9799094ce1ce90bc9d03e",
    );
  });

  it("4.2.4.4: derives the keys of both ends, seals and signs", () => {
    const signingKey = ntlmSigningKey(SESSION_KEY, "client");
    const sealingKey = ntlmSealingKey(SESSION_KEY, "client");
    assert.equal(toHex(signingKey), "4788dc861b4782f35d43fd98fe1a2d39");
    assert.equal(toHex(sealingKey), "59f600973cc4960a25480a7c196e4c58");
    const handle = new Rc4(sealingKey);
    const plaintext = encodeUtf16("Plaintext");
    assert.equal(toHex(handle.update(plaintext)), "54e50165bf1936dc996020c1811b0f06fb5f");
    assert.equal(
      toHex(ntlmMessageSignature(handle, signingKey, 0, plaintext)),
      "010000007fb38ec5c55d497600000000",
    );
  });
});

describe("ntowfV2", () => {
  const hash = ntHash("Password");

  it("ignores the case of the user and minds that of the domain", () => {
    assert.deepEqual(ntowfV2(hash, "uSER", "Domain"), ntowfV2(hash, "User", "Domain"));
    assert.deepEqual(ntowfV2(hash, "jörg", "D"), ntowfV2(hash, "JÖRG", "D"));
    assert.notDeepEqual(ntowfV2(hash, "User", "DOMAIN"), ntowfV2(hash, "User", "Domain"));
  });

  it("changes only letters that have one capital, as Windows does", () => {
    assert.notDeepEqual(ntowfV2(hash, "groß", ""), ntowfV2(hash, "GROSS", ""));
    assert.notDeepEqual(ntowfV2(hash, "ı", ""), ntowfV2(hash, "I", ""));
  });
});

// SUT311\administrator, as Windows logged on in Microsoft's example of SMB 3.1.1.
describe("session security between Windows machines", () => {
  const key = fromHex("270e1ba896585eeb7af3472d3b4c75a7");
  const mechTypes = fromHex("300c060a2b06010401823702020a");

  it("signs the mechanism list as the client did", () => {
    const security = new NtlmSessionSecurity(key, "client", { isKeyExchanged: true, has128: true });
    assert.equal(toHex(security.sign(mechTypes)), "0100000063775a9a5fd97f0600000000");
  });

  it("verifies what the server sent, once", () => {
    const security = new NtlmSessionSecurity(key, "client", { isKeyExchanged: true, has128: true });
    const mic = fromHex("010000003b453cdc3524164200000000");
    assert.equal(security.verify(mechTypes, mic), true);
    assert.equal(security.verify(mechTypes, mic), false);
  });

  it("counts the messages each way and notices a change", () => {
    for (const isKeyExchanged of [true, false]) {
      const client = new NtlmSessionSecurity(key, "client", { isKeyExchanged, has128: true });
      const server = new NtlmSessionSecurity(key, "server", { isKeyExchanged, has128: true });
      for (const text of ["one", "two", "three"]) {
        const bytes = encodeUtf16(text);
        const signature = client.sign(bytes);
        assert.equal(server.verify(bytes, signature), true);
        const answer = server.sign(bytes);
        assert.notDeepEqual(answer, signature);
        assert.equal(client.verify(bytes, answer), true);
      }
      assert.equal(server.verify(encodeUtf16("x"), client.sign(encodeUtf16("y"))), false);
    }
  });
});

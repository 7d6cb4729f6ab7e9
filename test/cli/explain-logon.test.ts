import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainConnection } from "../../src/cli/explain.ts";
import { NegotiateFlags } from "../../src/core/auth/ntlmssp/messages.ts";
import { Dialect } from "../../src/core/index.ts";
import { connected } from "../support/fake-session.ts";

const { KEY_128, TARGET_INFO } = NegotiateFlags;

describe("what --explain says of a logon", () => {
  it("names what is lost with a small server, in every dialect", async () => {
    for (const dialect of [
      Dialect.SMB_2_0_2,
      Dialect.SMB_2_1,
      Dialect.SMB_3_0_2,
      Dialect.SMB_3_1_1,
    ]) {
      const { client } = await connected({ dialect, ntlm: { without: TARGET_INFO | KEY_128 } });
      const story = explainConnection(client);
      assert.match(story, /^signing: /m);
      assert.match(story, /^logon: the server sent no target information: /m);
      assert.match(story, /^logon: the server has no 128-bit keys for NTLM: /m);
    }
  });

  it("is nothing where nothing is lost", async () => {
    const { client } = await connected();
    assert.doesNotMatch(explainConnection(client), /^logon:/m);
  });
});

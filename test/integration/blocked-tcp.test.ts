import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { unavailable } from "ngtcp2-napi";
import type { BlockedTcpStory } from "../support/blocked-tcp-scene.ts";
import { inPrivateNetwork, privateNetworkUnavailable } from "../support/private-network.ts";
import { sambaUnavailable } from "../support/samba.ts";

describe("a network that drops TCP port 445", {
  skip: unavailable() ?? sambaUnavailable() ?? privateNetworkUnavailable() ?? false,
}, () => {
  let story: BlockedTcpStory;
  before(async () => {
    const scene = new URL("../support/blocked-tcp-scene.ts", import.meta.url);
    story = (await inPrivateNetwork(scene)) as BlockedTcpStory;
  });

  it("lets files through over QUIC by name, with nothing but the CA", () => {
    const { status, stdout, stderr, sha256 } = story.byName;
    assert.equal(status, 0, stderr);
    assert.equal(sha256, story.sha256);
    assert.match(stdout, /^SMB 3\.1\.1, quic 192\.0\.2\.7:443 \(TLS 1\.3, /m);
    const wires = stderr.split("\n").filter((line) => /^ *\+.* (tcp|quic): /.test(line));
    console.log(`TCP is dropped, a session over quic:\n${wires.join("\n")}`);
  });

  it("is not passed by address, and the reason is told", () => {
    const { status, stderr } = story.byAddress;
    assert.equal(status, 3);
    assert.match(stderr, /tcp 192\.0\.2\.7:445: no answer/);
    assert.match(stderr, /quic: QUIC checks the server's certificate against its name/);
  });

  it("is not passed without the addon, which is told with what to do", () => {
    const { status, stderr } = story.nothing;
    assert.equal(status, 3);
    assert.match(stderr, /tcp 192\.0\.2\.7:445: no answer.*; quic: .*addon, which is not built/);
  });

  it("is noticed within the time that was asked for, over each transport", () => {
    const { status, stderr } = story.impatient;
    assert.equal(status, 3);
    assert.match(
      stderr,
      /tcp 192\.0\.2\.7:445: no answer within 3 s; quic 192\.0\.2\.7:443: no answer; UDP/,
    );
  });

  it("is no matter once TCP is let through, also without the addon", () => {
    const { status, stdout, stderr } = story.withoutAddon;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^SMB 3\.1\.1, tcp 192\.0\.2\.7:445, /m);
    assert.equal(stderr, "");
  });
});

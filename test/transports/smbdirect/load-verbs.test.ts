import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as addon from "rdma-verbs-napi";
import { rdmaUnavailable } from "../../../src/transports/smbdirect/rdma-addon.ts";
import {
  Access,
  COMPLETION_WORDS,
  CompletionField,
  CompletionFlag,
  Opcode,
  WorkFlag,
} from "../../../src/transports/smbdirect/verbs.ts";

type Numbers = Readonly<Record<string, number>>;

describe("where SMB Direct cannot be used", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-rdma-"));
    mkdirSync(join(folder, "build", "Release"), { recursive: true });
    mkdirSync(join(folder, "devices", "mlx5_0"), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("names the command that builds the addon", () => {
    assert.match(
      rdmaUnavailable({ folder }) ?? "",
      /rdma-verbs-napi addon, which is not built \(`npm run build:rdma` in a checkout/,
    );
  });

  it("tells why the last attempt to build it failed, in one line", () => {
    writeFileSync(join(folder, "build", "unavailable.txt"), "no compiler\nmore\n");
    assert.match(rdmaUnavailable({ folder }) ?? "", /not built: no compiler \(`npm run/);
  });

  it("says that there is no device", () => {
    writeFileSync(join(folder, "build", "Release", "rdma_verbs_napi.node"), "");
    const devices = join(folder, "none");
    assert.equal(rdmaUnavailable({ folder, devices }), "this machine has no RDMA device");
    assert.equal(rdmaUnavailable({ folder, devices: join(folder, "devices") }), undefined);
  });
});

it("knows the numbers of rdma-verbs-napi", () => {
  const pairs: readonly (readonly [Numbers, Numbers])[] = [
    [CompletionField, addon.CompletionField],
    [CompletionFlag, addon.CompletionFlag],
    [Opcode, addon.Opcode],
    [WorkFlag, addon.WorkFlag],
    [Access, addon.Access],
  ];
  for (const [ours, theirs] of pairs) {
    for (const [key, value] of Object.entries(ours)) assert.equal(theirs[key], value, key);
  }
  assert.equal(COMPLETION_WORDS, addon.COMPLETION_WORDS);
});

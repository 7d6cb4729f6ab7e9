import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type Personality,
  smbclientPersonality,
  smbxPersonality,
} from "../../src/cli/personality.ts";
import { runLineShell } from "../../src/cli/shell/line-shell.ts";
import { ShellState } from "../../src/cli/shell/shell-state.ts";
import { SmbClient } from "../../src/core/index.ts";
import { FakeIo } from "../support/fake-io.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { wireTo } from "../support/wire.ts";
import { comparable, parseScenario, type Scenario, type Session, type Side } from "./scenario.ts";

process.env["TZ"] = "UTC";

const skip = sambaUnavailable() ?? false;
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".smbt"))
  .sort();

describe("scenarios against a real server", { skip }, () => {
  let samba: Samba;
  let local: string;

  before(async () => {
    samba = await startSamba({ shares: [{ name: "share" }, { name: "other" }] });
    local = mkdtempSync(join(tmpdir(), "smbx-scenario-"));
  });
  after(async () => {
    await samba.stop();
    rmSync(local, { recursive: true });
  });

  const folderOf = (side: Side) => (side === "local" ? local : samba.sharePath("share"));

  for (const name of names) {
    const scenario = parseScenario(readFileSync(join(import.meta.dirname, name), "utf8"));
    describe(name, () => {
      for (const session of scenario.sessions) {
        for (const as of session.as) {
          const title = session.commands ?? session.input.join(" ⏎ ");
          it(`${as}, line ${session.line}: ${title}`, async () => {
            layOut(scenario, folderOf);
            await expectSession(session, as);
          });
        }
      }
    });
  }

  async function expectSession(session: Session, as: "smbx" | "smbclient"): Promise<void> {
    const personality = as === "smbx" ? smbxPersonality : smbclientPersonality;
    const explainsErrors = personality.explainsErrors && !session.expected.has("|");
    const io = new FakeIo({ answers: session.input });
    const status = await runSession(session, { ...personality, explainsErrors }, io);
    expectOutput(session, io, samba.host);
    assert.equal(status, session.status[as], "the exit status");
    for (const { side, path, content } of session.files) {
      const place = join(folderOf(side), path);
      const found = existsSync(place) ? readFileSync(place, "utf8") : undefined;
      assert.equal(found, content, `${side} ${path}`);
    }
  }

  async function runSession(
    session: Session,
    personality: Personality,
    io: FakeIo,
  ): Promise<number> {
    const { username, password } = samba;
    const { target, wire } = wireTo(samba);
    const credentials = { kind: "password", username, domain: "", password } as const;
    const client = await SmbClient.connect(target, { ...wire, credentials });
    try {
      const state = new ShellState({
        io,
        personality,
        settings: {
          recurse: false,
          prompt: true,
          lowercase: false,
          mask: "",
          timeoutSeconds: 20,
          ioSize: 0,
          keepTimes: personality.keepsTimes,
          inplace: !personality.usesTemporaryNames,
          // One after the other: the lines of transfers come in the order of the plan.
          jobs: 1,
        },
        client,
        tree: await client.connectTree("share"),
        localCwd: local,
      });
      const { commands } = session;
      return commands === undefined
        ? personality.exitStatus(await runLineShell(state), "input")
        : personality.exitStatus(await state.runText(commands), "command-line");
    } finally {
      await client.close();
    }
  }
});

function expectOutput({ expected }: Session, io: FakeIo, host: string): void {
  const actual = { "|": io.transcript, "1|": io.stdout, "2|": io.stderr };
  // A session that expects nothing expects silence on both.
  const isJoined = expected.has("|") || expected.size === 0;
  for (const mark of isJoined ? (["|"] as const) : (["1|", "2|"] as const)) {
    const lines = (expected.get(mark) ?? []).join("\n").replaceAll("@HOST@", host);
    assert.deepEqual(comparable(actual[mark]), comparable(lines));
  }
}

/** Empties both folders and fills them anew. */
function layOut({ fixtures }: Scenario, folderOf: (side: Side) => string): void {
  for (const side of ["share", "local"] as const) {
    for (const name of readdirSync(folderOf(side))) {
      rmSync(join(folderOf(side), name), { recursive: true });
    }
  }
  for (const { side, path, content } of fixtures) {
    const place = join(folderOf(side), path);
    mkdirSync(content === undefined ? place : dirname(place), { recursive: true });
    if (content !== undefined) writeFileSync(place, content);
  }
}

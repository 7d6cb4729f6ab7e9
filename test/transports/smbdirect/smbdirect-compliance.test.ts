import { describe } from "node:test";
import type { Transport } from "../../../src/core/transport.ts";
import {
  DEFAULT_SETTINGS,
  type SmbdSettings,
} from "../../../src/transports/smbdirect/smbd-settings.ts";
import { smbDirectTransport } from "../../../src/transports/smbdirect/smbdirect-transport.ts";
import { type Connect, describeTransport } from "../../compliance/transport.ts";
import { FakeVerbs } from "../../support/fake-verbs.ts";
import { listenFake } from "../../support/smbd-listener.ts";

const FEW: SmbdSettings = { ...DEFAULT_SETTINGS, receiveCreditMax: 2, sendCreditTarget: 2 };

describe("over SMB Direct", () => {
  describeTransport("smbdirect, in this process", overFake(DEFAULT_SETTINGS));
  describeTransport("smbdirect with two credits, in this process", overFake(FEW));
});

function overFake(settings: SmbdSettings): Connect {
  return async (signal) => {
    const verbs = new FakeVerbs();
    const accepted = new Promise<Transport>((resolve) => listenFake(verbs, resolve, { settings }));
    const factory = smbDirectTransport({ verbs, settings });
    const client = await factory.dial({ host: "127.0.0.1" }, { signal });
    return [client, await accepted];
  };
}

import { smbDirectTransport } from "../../src/transports/smbdirect/smbdirect-transport.ts";
import type { FakeServerOptions } from "./fake-server.ts";
import { type FakeDevice, FakeVerbs } from "./fake-verbs.ts";
import { PlacingShare } from "./placing-share.ts";
import { listenFake } from "./smbd-listener.ts";

/** One file behind SMB Direct, over queue pairs inside this process. */
export class RdmaShare extends PlacingShare {
  readonly verbs: FakeVerbs;

  constructor(content: Uint8Array, options: FakeServerOptions = {}, device: FakeDevice = {}) {
    super(content, options);
    this.verbs = new FakeVerbs(device);
    listenFake(this.verbs, (wire, queuePair) => this.accept(wire, queuePair));
  }

  factory(): ReturnType<typeof smbDirectTransport> {
    return smbDirectTransport({ verbs: this.verbs });
  }
}

import { type ClientOptions, SmbClient } from "../../src/core/client.ts";
import type { File } from "../../src/core/file/file.ts";
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

  /** A client that has dialled it, and a file in it, open for reading and writing. */
  async open(options: Partial<ClientOptions>): Promise<{ smb: SmbClient; file: File }> {
    const smb = await SmbClient.connect(
      { host: "127.0.0.1" },
      {
        transports: [this.factory()],
        order: [{ kind: "smbdirect" }],
        credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
        ...options,
      },
    );
    const tree = await smb.connectTree("share");
    return { smb, file: await tree.openFile("f", { access: 3 }) };
  }
}

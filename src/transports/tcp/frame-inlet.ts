import type { TransportSink } from "../../core/transport.ts";
import { FrameDecoder } from "../framing/frame-decoder.ts";
import type { LengthBits } from "../framing/frame-prefix.ts";
import { SocketInlet } from "./socket-inlet.ts";

/** An inlet that decodes frames for a sink that is named later; nothing is read before. */
export class FrameInlet extends SocketInlet {
  readonly decoder: FrameDecoder;
  sink: TransportSink | undefined;

  constructor(lengthBits: LengthBits) {
    const decoder = new FrameDecoder(
      {
        allocate: (length) => this.sink?.allocate(length) ?? new Uint8Array(length),
        message: (bytes) => this.sink?.message(bytes),
      },
      { lengthBits },
    );
    super(decoder);
    this.decoder = decoder;
  }
}

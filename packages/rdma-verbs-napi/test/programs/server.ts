// A process of its own: listens, prints its port, and serves one client. A message of 16 bytes is an
// address and a key and a length: that memory is read, changed, and written back. Ends with the client.

import {
  Access,
  COMPLETION_WORDS,
  CompletionField,
  type ConnectionRequest,
  Opcode,
} from "../../lib/index.ts";
import { testProvider } from "../../lib/test-provider.ts";
import { BUFFERS } from "../support.ts";

const listener = await testProvider.listen({ address: "127.0.0.1", port: 0 }, (request) => {
  void serve(request);
});

async function serve(request: ConnectionRequest): Promise<void> {
  const server = await request.accept(BUFFERS);
  const region = server.domain.allocate(65536, Access.LOCAL_WRITE);
  let target = { address: 0n, key: 0, length: 0 };
  const range = () => [{ region, offset: 0, length: target.length }];

  function take(opcode: number, slot: number): void {
    if (opcode === Opcode.RECEIVE) {
      const view = new DataView(server.receiveBuffers.slot(slot).slice().buffer);
      target = {
        address: view.getBigUint64(0),
        key: view.getUint32(8),
        length: view.getUint32(12),
      };
      server.postReceive(slot);
      server.postRead(1, range(), target.address, target.key);
    } else if (opcode === Opcode.READ) {
      region.memory.set(region.memory.subarray(0, target.length).map((byte) => byte ^ 0xff));
      server.postWrite(2, range(), target.address, target.key);
      server.postSend(3, 0, 4);
    }
  }

  server.start({
    completions(count, records) {
      for (let at = 0; at < count * COMPLETION_WORDS; at += COMPLETION_WORDS) {
        if (records[at + CompletionField.STATUS] !== 0) return;
        take(records[at + CompletionField.OPCODE] ?? 0, records[at + CompletionField.ID] ?? 0);
      }
      server.submit();
    },
    closed(error) {
      process.stdout.write(`closed ${error?.message ?? "in good order"}\n`);
      void listener.close();
    },
  });
}
process.stdout.write(`${listener.port}\n`);

// For tests on machines without RDMA. Nothing here is RDMA, and nothing chooses it by itself: it has
// to be imported from "rdma-verbs-napi/test-provider" and handed to whoever takes a provider.

import type { RdmaDevice } from "./device.ts";
import type { RdmaProvider } from "./interface.ts";
import { addonUnavailable, type NativeProvider, native } from "./native.ts";
import { AddonProvider } from "./native-provider.ts";
import { readLimits } from "./verbs.ts";

class TestProvider extends AddonProvider {
  readonly name = "test";
  readonly isForTests = true;
  #devices: readonly RdmaDevice[] | undefined;

  unavailable(): string | undefined {
    return addonUnavailable();
  }

  devices(): readonly RdmaDevice[] {
    if (addonUnavailable() !== undefined) return [];
    this.#devices ??= this.native.devices().map((device) => ({
      name: device.name,
      transport: "test",
      ports: [
        { number: 1, isActive: true, linkLayer: "unknown", netdevs: ["lo"], roceVersions: [] },
      ],
      limits: readLimits(device),
      problem: undefined,
    }));
    return this.#devices;
  }

  protected get native(): NativeProvider {
    return native().test;
  }
}

/**
 * The same interface between processes of one machine: messages go through Unix sockets, RDMA READ and
 * WRITE through process_vm_readv and process_vm_writev, with keys, ranges and access checked as a
 * device would. An address and port stand for an abstract Unix socket of that name.
 */
export const testProvider: RdmaProvider = new TestProvider();

import type * as Addon from "ngtcp2-napi";
import { DialFailure } from "../../core/errors.ts";
import type { QuicProvider } from "./quic-options.ts";

/**
 * What to tell about the kernel's QUIC (quic.ko), or undefined where it does not matter. It is looked
 * for, as Samba does; its sockets are not used yet.
 *
 * @throws {DialFailure} where the kernel's was demanded
 */
export function kernelQuicRemark(
  addon: Pick<typeof Addon, "kernelQuicUnavailable">,
  provider: QuicProvider,
  endpoint: string,
): string | undefined {
  if (provider === "ngtcp2") return undefined;
  const missing = addon.kernelQuicUnavailable();
  const remark = `kernel QUIC: ${missing ?? "there, but smbx cannot use it yet"}`;
  if (provider !== "kernel") return remark;
  const problems = ["no-kernel-quic"] as const;
  throw new DialFailure(endpoint, remark, { reason: "configuration", problems });
}

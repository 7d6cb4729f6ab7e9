import type { Transport, TransportFactory, TransportKind } from "../../src/core/transport.ts";

/** A factory whose wires say that they are of another kind, and how far they can be trusted. */
export function disguise(
  factory: TransportFactory,
  as: { readonly kind: TransportKind; readonly isEncrypted?: boolean },
): TransportFactory {
  return {
    kind: as.kind,
    defaultPort: factory.defaultPort,
    unavailable: () => factory.unavailable(),
    dial: async (target, options) =>
      new Proxy(await factory.dial(target, options), {
        get(wire: Transport, name) {
          if (name in as) return as[name as keyof typeof as];
          const value: unknown = Reflect.get(wire, name, wire);
          return typeof value === "function" ? value.bind(wire) : value;
        },
      }),
  };
}

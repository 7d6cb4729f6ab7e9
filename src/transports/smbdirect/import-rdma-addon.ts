import type * as Addon from "rdma-verbs-napi";

/**
 * Loads the addon, an ES module. A file of its own, because bin/bundle.mjs must leave it to Node's own
 * loader: the compiled program has no `import()`.
 */
export function importAddon(): Promise<typeof Addon> {
  return import("rdma-verbs-napi");
}

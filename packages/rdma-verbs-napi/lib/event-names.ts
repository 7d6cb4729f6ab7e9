/** ibv_event_type. */
const NAMES = [
  "completion-queue-error",
  "queue-pair-fatal",
  "queue-pair-request-error",
  "queue-pair-access-error",
  "communication-established",
  "send-queue-drained",
  "path-migrated",
  "path-migration-error",
  "device-fatal",
  "port-active",
  "port-error",
  "lid-changed",
  "partition-changed",
  "subnet-manager-changed",
  "shared-queue-error",
  "shared-queue-limit",
  "last-work-request-reached",
  "client-reregister",
  "gid-changed",
  "work-queue-fatal",
] as const;

/** Ours, beyond those of verbs: rdma_cm says so. */
const DEVICE_REMOVED = 100;

/** `port-error`: an asynchronous event by its number. */
export function eventName(type: number): string {
  return type === DEVICE_REMOVED ? "device-removed" : (NAMES[type] ?? `event ${type}`);
}

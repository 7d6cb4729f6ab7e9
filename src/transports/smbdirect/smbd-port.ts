/** Memory for one outgoing message, registered with the device. */
export interface SendBuffer {
  readonly bytes: Uint8Array;
  /** Over the same memory. */
  readonly view: DataView;
}

/** What the protocol needs of a connected queue pair: it decides, the port moves. */
export interface SmbdPort {
  /** A buffer of Connection.MaxSendSize, or undefined while all of them are on their way out. */
  takeSendBuffer(): SendBuffer | undefined;
  /** Queues the first `length` bytes of the buffer that was taken last. */
  post(length: number): void;
  /** Hands over to the device what was queued. */
  flush(): void;
}

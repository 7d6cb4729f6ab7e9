/** What a relay of any stack is told, as one line of JSON on its standard input. */
export interface RelaySettings {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly tcpHost: string;
  readonly tcpPort: number;
  /** Of UDP, on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** Give clients session tickets. Default: yes. What follows is for ngtcp2 alone. */
  readonly sessionTickets?: boolean;
  /** How it sends. Default: "cubic". */
  readonly congestion?: "cubic" | "bbr";
}

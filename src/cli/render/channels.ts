import type { ChannelReport, InterfaceVerdict, MultichannelState } from "../../core/index.ts";
import { formatBytes } from "../transfer/quantities.ts";
import { printable } from "./printable.ts";

const HEADINGS = [
  ...["State", "Wire", "Client", "Server", "Interfaces", "Speed", "RSS", "RDMA"],
  ...["Sent", "Received", "Rate"],
];

/** What stands on the further lines of a connection begins here. */
const INDENT = "  ";

/**
 * The connections of a session as a table: whole lines of at most `columns` characters. Where not all
 * fits on one line, each connection has several, and so have the headings.
 */
export function formatChannels(channels: readonly ChannelReport[], columns: number): string {
  const rows = [HEADINGS, ...channels.map(row)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const lines = linesOf(widths, columns);
  return rows
    .flatMap((cells) =>
      lines.map((line, index) => {
        const padded = line.map((column) => (cells[column] ?? "").padEnd(widths[column] ?? 0));
        return `${index === 0 ? "" : INDENT}${printable(padded.join("  ").trimEnd())}\n`;
      }),
    )
    .join("");
}

/** Which columns of the table stand on each line. */
function linesOf(widths: readonly number[], columns: number): readonly number[][] {
  const lines: number[][] = [[]];
  let used = 0;
  for (const [column, width] of widths.entries()) {
    const line = lines.at(-1) ?? [];
    if (line.length > 0 && used + 2 + width > columns) {
      lines.push([column]);
      used = INDENT.length + width;
    } else {
      used += line.length === 0 ? width : 2 + width;
      line.push(column);
    }
  }
  return lines;
}

function row(channel: ChannelReport): readonly string[] {
  const { clientInterface, serverInterfaceIndex } = channel;
  return [
    channel.state,
    channel.transport,
    channel.clientEndpoint ?? "-",
    channel.serverEndpoint,
    `${clientInterface?.name ?? "?"} - ${serverInterfaceIndex ?? "?"}`,
    formatSpeed(channel.linkSpeed),
    bothSides(channel.clientRssCapable, channel.serverRssCapable),
    bothSides(channel.clientRdmaCapable, channel.serverRdmaCapable),
    formatBytes(channel.bytesSent),
    formatBytes(channel.bytesReceived),
    channel.bytesPerSecond === 0 ? "-" : `${formatBytes(channel.bytesPerSecond)}/s`,
  ];
}

/** What both sides can do; the side that cannot is named. */
function bothSides(client: boolean | undefined, server: boolean | undefined): string {
  if (client === undefined || server === undefined) return "?";
  if (client && server) return "yes";
  if (!client && !server) return "no";
  return client ? "client" : "server";
}

/** `10 Gbit/s`, `?` where it is not known. */
export function formatSpeed(bitsPerSecond: number | undefined): string {
  if (bitsPerSecond === undefined || bitsPerSecond === 0) return "?";
  const megabits = bitsPerSecond / 1_000_000;
  return megabits >= 1000 ? `${rounded(megabits / 1000)} Gbit/s` : `${rounded(megabits)} Mbit/s`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/**
 * Why there are as many connections as there are: a verdict for each interface, in whole lines of at most
 * `columns` characters.
 */
export function formatVerdicts(state: MultichannelState | undefined, columns: number): string {
  return verdictLines(state)
    .flatMap((line) => wrapped(printable(line), columns))
    .map((line) => `${line}\n`)
    .join("");
}

/** `text` in lines, broken at blanks; the further ones are indented. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    if (longer.length <= columns || line.trim() === "") lines[lines.length - 1] = longer;
    else lines.push(`${INDENT}${word}`);
  }
  return lines;
}

function verdictLines(state: MultichannelState | undefined): readonly string[] {
  if (state === undefined) return ["multichannel: off"];
  const { impossible, failure, plan, isOpening } = state;
  const opening = isOpening ? ["multichannel: more connections are being opened"] : [];
  if (impossible !== undefined) return [`multichannel: one connection, ${impossible}`];
  if (failure !== undefined) return [`multichannel: one connection, ${failure}`];
  if (plan === undefined) {
    const waiting = "multichannel: one connection until a transfer makes more of them worth it";
    return isOpening ? opening : [waiting];
  }
  if (plan.verdicts.length === 0) return ["multichannel: the server names no interface"];
  return [...plan.verdicts.map(verdictLine), ...opening];
}

function verdictLine(verdict: InterfaceVerdict): string {
  const { interfaceIndex, address, linkSpeed, isRdmaCapable, isRssCapable } = verdict;
  const can = [isRdmaCapable ? "RDMA" : "", isRssCapable ? "RSS" : ""].filter(
    (word) => word !== "",
  );
  const what = [address, formatSpeed(linkSpeed), ...can].join(" ");
  const { connections } = verdict;
  const count = connections === 1 ? "1 connection" : `${connections} connections`;
  return `interface ${interfaceIndex} ${what}: ${connections === 0 ? "not used" : count}, ${verdict.reason}`;
}

/** A connection as `--json` shows it; documented in docs/json.md. */
export function channelJson(channel: ChannelReport): object {
  return {
    state: channel.state,
    transport: channel.transport,
    client: channel.clientEndpoint ?? null,
    peer: channel.serverEndpoint,
    clientInterface: channel.clientInterface?.name ?? null,
    clientInterfaceIndex: channel.clientInterface?.index ?? null,
    serverInterfaceIndex: channel.serverInterfaceIndex ?? null,
    linkSpeed: channel.linkSpeed ?? null,
    clientRss: channel.clientRssCapable ?? null,
    clientRdma: channel.clientRdmaCapable ?? null,
    serverRss: channel.serverRssCapable ?? null,
    serverRdma: channel.serverRdmaCapable ?? null,
    sent: channel.bytesSent,
    received: channel.bytesReceived,
    placedSent: channel.placedBytesSent,
    placedReceived: channel.placedBytesReceived,
    bytesPerSecond: Math.round(channel.bytesPerSecond),
  };
}

/** An address of the server and what became of it, as `--json` shows it. */
export function verdictJson(verdict: InterfaceVerdict): object {
  return {
    event: "interface",
    interfaceIndex: verdict.interfaceIndex,
    address: verdict.address,
    linkSpeed: verdict.linkSpeed === 0 ? null : verdict.linkSpeed,
    rss: verdict.isRssCapable,
    rdma: verdict.isRdmaCapable,
    connections: verdict.connections,
    reason: verdict.reason,
  };
}

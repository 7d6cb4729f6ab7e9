import { type FileTime, fileTimeToDate } from "../../core/index.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = [
  ...["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
  ...["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
] as const;
const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, n) =>
  String(n).padStart(2, "0"),
);
// Offsets of time zones are whole quarters of an hour, and change within one only in odd places.
const QUARTER_MS = 15 * 60_000;
const MAX_QUARTERS = 4096;

interface Quarter {
  /** `Thu Feb 29 12:` */
  readonly head: string;
  /** The minute at which it begins: 0, 15, 30, 45 (other values in odd zones of the past). */
  readonly minute: number;
  /** ` 2024` */
  readonly tail: string;
}

/**
 * Writes times as the C library's asctime does, in the local time zone: `Thu Feb 29 12:34:56 2024`.
 * Directory listings ask for tens of thousands: all but the minutes and seconds is kept per quarter
 * of an hour.
 */
export class TimeFormat {
  /** "mixed" is a quarter in which the clock changes: Newfoundland did that at 00:01 until 2011. */
  readonly #quarters = new Map<number, Quarter | "mixed">();

  /** A time that is not set (0, -1) is shown as the beginning of 1970, as smbclient shows it. */
  fileTime(time: FileTime): string {
    return this.unixMs(unixMsOf(time));
  }

  unixMs(ms: number): string {
    const index = Math.floor(ms / QUARTER_MS);
    const quarter = this.#quarters.get(index) ?? this.#begin(index);
    if (quarter === "mixed") return timeOfDate(new Date(ms));
    const seconds = Math.floor((ms - index * QUARTER_MS) / 1000);
    const minute = quarter.minute + Math.floor(seconds / 60);
    return `${quarter.head}${TWO_DIGITS[minute]}:${TWO_DIGITS[seconds % 60]}${quarter.tail}`;
  }

  #begin(index: number): Quarter | "mixed" {
    const date = new Date(index * QUARTER_MS);
    const last = new Date((index + 1) * QUARTER_MS - 1);
    const isMixed = date.getTimezoneOffset() !== last.getTimezoneOffset();
    const quarter: Quarter | "mixed" = isMixed
      ? "mixed"
      : {
          head: headOfDate(date),
          minute: Math.min(date.getMinutes(), 45),
          tail: ` ${date.getFullYear()}`,
        };
    if (this.#quarters.size >= MAX_QUARTERS) this.#quarters.clear();
    this.#quarters.set(index, quarter);
    return quarter;
  }
}

/** `Thu Feb 29 12:` */
function headOfDate(date: Date): string {
  const day = String(date.getDate()).padStart(2, " ");
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${day} ${TWO_DIGITS[date.getHours()]}:`;
}

function timeOfDate(date: Date): string {
  const minutes = TWO_DIGITS[date.getMinutes()];
  return `${headOfDate(date)}${minutes}:${TWO_DIGITS[date.getSeconds()]} ${date.getFullYear()}`;
}

/** asctime and the zone, as `allinfo` prints it: `Thu Feb 29 12:34:56 2024 UTC`. */
export function formatTimeWithZone(time: FileTime): string {
  const ms = unixMsOf(time);
  return `${new TimeFormat().unixMs(ms)} ${zoneName(new Date(Math.floor(ms)))}`;
}

/** Whole milliseconds since 1970, rounded down; 0 where there is no time. */
function unixMsOf(time: FileTime): number {
  return fileTimeToDate(time)?.getTime() ?? 0;
}

/** The abbreviation of the local zone at `date`: `UTC`, `CET`, `GMT+5:30` where it has none. */
function zoneName(date: Date): string {
  // Which zones have an abbreviation depends on the language: EST in American English, CET in British.
  const names = ["en-US", "en-GB"].map((locale) => {
    const format = new Intl.DateTimeFormat(locale, { timeZoneName: "short" });
    return format.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ?? "UTC";
  });
  return names.find((name) => !name.startsWith("GMT")) ?? names[0] ?? "UTC";
}

/**
 * Reads a time as `utimes` takes it, `[YY]YY:MM:DD-HH:MM:SS` in the local zone, as milliseconds
 * since 1970; undefined where it is none. Two-digit years from 69 on belong to the last century.
 */
export function parseTime(text: string): number | undefined {
  const match = /^(\d{4}|\d{2}):(\d{1,2}):(\d{1,2})-(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const century = match[1]?.length === 4 ? 0 : year < 69 ? 2000 : 1900;
  const date = new Date(century + year, month - 1, day, hour, minute, second);
  // A Date takes February 30 for March 1: what does not come back as it went in was no date.
  const isReal =
    date.getMonth() === month - 1 &&
    date.getDate() === day &&
    date.getMinutes() === minute &&
    hour < 24 &&
    second < 60;
  return isReal ? date.getTime() : undefined;
}

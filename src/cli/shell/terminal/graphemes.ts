import { displayWidth } from "../../render/display-width.ts";

const ASCII = /^[\x20-\x7e]*$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What a reader takes for one character, and the columns it needs. */
export interface Grapheme {
  readonly text: string;
  readonly width: number;
}

/** The graphemes of `text` in order. */
export function* graphemes(text: string): Generator<Grapheme> {
  if (ASCII.test(text)) {
    for (const character of text) yield { text: character, width: 1 };
    return;
  }
  for (const { segment } of segmenter.segment(text)) {
    yield { text: segment, width: displayWidth(segment) };
  }
}

/** The end of the grapheme that begins at or around `at`. */
export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const found = segmenter.segment(text).containing(at);
  return found === undefined ? text.length : found.index + found.segment.length;
}

/** The beginning of the grapheme before `at`. */
export function previousBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  return segmenter.segment(text).containing(at - 1)?.index ?? 0;
}

const WORD = /[\p{L}\p{N}\p{M}]/u;
const SPACE = /\s/;

/** Behind the next word: letters and digits, what else there is before them skipped. */
export function nextWordEnd(text: string, at: number): number {
  return skip(text, skip(text, at, isNoWord), isWord);
}

/** The beginning of the word before `at`: letters and digits. */
export function previousWordStart(text: string, at: number): number {
  return skipBack(text, skipBack(text, at, isNoWord), isWord);
}

/** The beginning of the word before `at`, where blanks separate words. */
export function previousBlankSeparated(text: string, at: number): number {
  return skipBack(text, skipBack(text, at, isSpace), (character) => !isSpace(character));
}

function isWord(character: string): boolean {
  return WORD.test(character);
}

function isNoWord(character: string): boolean {
  return !WORD.test(character);
}

function isSpace(character: string): boolean {
  return SPACE.test(character);
}

function skip(text: string, from: number, skips: (character: string) => boolean): number {
  let at = from;
  while (at < text.length) {
    const next = nextBoundary(text, at);
    if (!skips(text.slice(at, next))) break;
    at = next;
  }
  return at;
}

function skipBack(text: string, from: number, skips: (character: string) => boolean): number {
  let at = from;
  while (at > 0) {
    const previous = previousBoundary(text, at);
    if (!skips(text.slice(previous, at))) break;
    at = previous;
  }
  return at;
}

/** A key as the line editor knows it. */
export interface Key {
  /**
   * `text` for characters to insert; otherwise what was pressed: `enter`, `tab`, `left`, `ctrl-a`,
   * `meta-b`, `ctrl-right`… `unknown` is a sequence that means nothing here.
   */
  readonly name: string;
  /** What `text` inserts; "" for every other key. */
  readonly text: string;
}

const ESCAPE = "\x1b";
const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** Codes that have a name of their own; the other control codes are `ctrl-` and a letter. */
const CONTROL_NAMES: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\b": "backspace",
  "\x7f": "backspace",
  "\x00": "ctrl-space",
  "\x1c": "ctrl-\\",
  "\x1d": "ctrl-]",
  "\x1e": "ctrl-^",
  "\x1f": "ctrl-_",
};

/** The last character of a CSI or SS3 sequence: what xterm and its kin send for cursor keys. */
const FINAL_NAMES: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  M: "enter",
  Z: "shift-tab",
};

/** The number before `~` in the sequences of a VT220. */
const TILDE_NAMES: Readonly<Record<string, string>> = {
  "1": "home",
  "2": "insert",
  "3": "delete",
  "4": "end",
  "5": "page-up",
  "6": "page-down",
  "7": "home",
  "8": "end",
};

// ESC [ parameters final, or ESC O final (with a modifier before it in some terminals).
const SEQUENCE = new RegExp(`^${ESCAPE}(?:\\[([0-?]*)[ -/]*([@-~])|O([0-9;]*)([@-~]))`);
const UNFINISHED = new RegExp(`^${ESCAPE}(?:\\[[0-?]*[ -/]*|O[0-9;]*)?$`);
const CONTROL = /\p{Cc}/u;

/**
 * Turns what a terminal sends into keys. Sequences may arrive in pieces. Text that was pasted
 * (bracketed paste) is inserted, and its line ends are `enter`: every line runs, as in a shell.
 */
export class KeyDecoder {
  #buffer = "";
  #isPasting = false;
  /** What was pasted so far ends with a carriage return: a line feed belongs to it. */
  #hasReturn = false;

  /** The beginning of a sequence is waiting for its rest. */
  get isUnfinished(): boolean {
    return this.#buffer !== "" && !this.#isPasting;
  }

  /** The keys in `text`, as far as they are complete. */
  decode(text: string): Key[] {
    this.#buffer += text;
    const keys: Key[] = [];
    while (this.#buffer !== "" && this.#decodeSome(keys)) {
      // #decodeSome has taken what it understood.
    }
    return keys;
  }

  /** No more will come for now: a lone Escape was a key. */
  flush(): Key[] {
    const rest = this.#buffer;
    if (rest === "" || this.#isPasting) return [];
    this.#buffer = "";
    if (rest === ESCAPE) return [{ name: "escape", text: "" }];
    // Alt-[ and Alt-O look like the beginning of a sequence.
    return rest.length === 2 ? [named(`meta-${rest.slice(1)}`)] : [named("unknown")];
  }

  #decodeSome(keys: Key[]): boolean {
    if (this.#isPasting) return this.#decodePaste(keys);
    if (this.#buffer.startsWith(ESCAPE)) return this.#decodeEscape(keys);
    const first = this.#buffer[0] as string;
    if (CONTROL.test(first)) {
      this.#take(1);
      keys.push(named(controlName(first)));
      return true;
    }
    const end = this.#buffer.search(CONTROL);
    const text = this.#take(end < 0 ? this.#buffer.length : end);
    keys.push({ name: "text", text });
    return true;
  }

  #decodePaste(keys: Key[]): boolean {
    const end = this.#buffer.indexOf(PASTE_END);
    if (end < 0) {
      // All but what could be the beginning of the end.
      const safe = this.#buffer.lastIndexOf(ESCAPE);
      const isMaybeEnd = safe >= 0 && PASTE_END.startsWith(this.#buffer.slice(safe));
      this.#paste(keys, this.#take(isMaybeEnd ? safe : this.#buffer.length));
      return false;
    }
    this.#paste(keys, this.#take(end));
    this.#take(PASTE_END.length);
    this.#isPasting = false;
    this.#hasReturn = false;
    return true;
  }

  #paste(keys: Key[], text: string): void {
    if (text === "") return;
    const rest = this.#hasReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#hasReturn = text.endsWith("\r");
    for (const [index, line] of rest.split(/\r\n|\r|\n/).entries()) {
      if (index > 0) keys.push(named("enter"));
      if (line !== "") keys.push({ name: "text", text: line });
    }
  }

  #decodeEscape(keys: Key[]): boolean {
    if (this.#buffer.startsWith(PASTE_START)) {
      this.#take(PASTE_START.length);
      this.#isPasting = true;
      return true;
    }
    const match = SEQUENCE.exec(this.#buffer);
    if (match !== null) {
      this.#take(match[0].length);
      keys.push(named(sequenceName(match[1] ?? match[3] ?? "", match[2] ?? match[4] ?? "")));
      return true;
    }
    if (UNFINISHED.test(this.#buffer)) return false;
    return this.#decodeMeta(keys);
  }

  /** Escape and a key: what the Alt key sends. */
  #decodeMeta(keys: Key[]): boolean {
    const rest = this.#buffer.slice(1);
    if (rest.startsWith(ESCAPE)) {
      // Escape was pressed and a sequence follows, or Alt and a cursor key.
      const match = SEQUENCE.exec(rest);
      if (match === null && UNFINISHED.test(rest)) {
        if (rest !== ESCAPE) return false;
        this.#take(1);
        keys.push(named("escape"));
        return true;
      }
      this.#take(1);
      if (match === null) keys.push(named("escape"));
      return true;
    }
    const character = String.fromCodePoint(rest.codePointAt(0) as number);
    this.#take(1 + character.length);
    const name = CONTROL.test(character) ? controlName(character) : character.toLowerCase();
    keys.push(named(`meta-${name}`));
    return true;
  }

  #take(length: number): string {
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }
}

function named(name: string): Key {
  return { name, text: "" };
}

function controlName(character: string): string {
  const own = CONTROL_NAMES[character];
  if (own !== undefined) return own;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : "unknown";
}

/** `1;5C` is Ctrl-Right: the second parameter less one is Shift 1, Alt 2, Ctrl 4. */
function sequenceName(parameters: string, final: string): string {
  const [first = "", second = ""] = parameters.split(";");
  const base = final === "~" ? TILDE_NAMES[first] : FINAL_NAMES[final];
  if (base === undefined) return "unknown";
  // Some terminals send the modifier alone: ESC O 5 C.
  const modifier = Number(second === "" && final !== "~" ? first : second);
  const bits = modifier > 1 ? modifier - 1 : 0;
  if ((bits & 4) !== 0) return `ctrl-${base}`;
  return (bits & 2) !== 0 ? `meta-${base}` : base;
}

import { WireFormatError } from "../errors.ts";
import type { Reader } from "../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import type { Writer } from "../wire/writer.ts";
import type { NdrReader, NdrType, NdrWriter } from "./ndr.ts";

function scalar<T>(
  size: number,
  write: (w: Writer, value: T) => void,
  read: (r: Reader) => T,
): NdrType<T> {
  return {
    alignment: size,
    minimumSize: size,
    write(w, value) {
      w.align(size);
      write(w.out, value);
    },
    read(r, set) {
      r.align(size);
      set(read(r.input));
    },
  };
}

export const uint8: NdrType<number> = scalar(
  1,
  (w, v) => w.u8(v),
  (r) => r.u8(),
);
export const uint16: NdrType<number> = scalar(
  2,
  (w, v) => w.u16(v),
  (r) => r.u16(),
);
export const uint32: NdrType<number> = scalar(
  4,
  (w, v) => w.u32(v),
  (r) => r.u32(),
);
/** A hyper: 64 bits of the full range. */
export const uint64: NdrType<bigint> = scalar(
  8,
  (w, v) => w.big64(v),
  (r) => r.big64(),
);

/** A value that is always the same: the level of a union that we chose ourselves. */
export function literal(expected: number): NdrType<number> {
  return scalar(
    4,
    (w) => w.u32(expected),
    (r) => {
      const value = r.u32();
      if (value !== expected) throw new WireFormatError(`NDR: ${value} instead of ${expected}`);
      return value;
    },
  );
}

type NdrFields<T> = { readonly [K in keyof T]-?: NdrType<T[K]> };

/** A structure, its members in the order of the object literal. */
export function struct<T extends object>(fields: NdrFields<T>): NdrType<T> {
  const keys = Object.keys(fields) as (keyof T)[];
  const alignment = Math.max(1, ...keys.map((key) => fields[key].alignment));
  return {
    alignment,
    minimumSize: keys.reduce((sum, key) => sum + fields[key].minimumSize, 0),
    write(w, value) {
      w.align(alignment);
      for (const key of keys) fields[key].write(w, value[key]);
    },
    read(r, set) {
      r.align(alignment);
      const value = {} as T;
      for (const key of keys) readField(r, fields, key, value);
      set(value);
    },
  };
}

/** The parameters of a call: as a structure, but what a pointer leads to follows at once. */
export function parameters<T extends object>(fields: NdrFields<T>): NdrType<T> {
  const keys = Object.keys(fields) as (keyof T)[];
  return {
    alignment: 1,
    minimumSize: 0,
    write(w, value) {
      for (const key of keys) {
        fields[key].write(w, value[key]);
        w.drain();
      }
    },
    read(r, set) {
      const value = {} as T;
      for (const key of keys) {
        readField(r, fields, key, value);
        r.drain();
      }
      set(value);
    },
  };
}

function readField<T, K extends keyof T>(
  r: NdrReader,
  fields: NdrFields<T>,
  key: K,
  into: T,
): void {
  fields[key].read(r, (value) => {
    into[key] = value;
  });
}

/** A unique pointer: null, or the only one to what it leads to. */
export function unique<T>(target: NdrType<T>): NdrType<T | undefined> {
  return pointer(
    (w, value) => {
      w.out.u32(w.nextReferentId());
      w.defer(() => target.write(w, value));
    },
    (r, _id, set) => r.defer(() => target.read(r, set)),
  );
}

/** An embedded reference pointer: never null. At the top level a reference is its target alone. */
export function reference<T>(target: NdrType<T>): NdrType<T> {
  const inner = unique(target);
  return {
    alignment: 4,
    minimumSize: 4,
    write: (w, value) => inner.write(w, value),
    read(r, set) {
      inner.read(r, (value) => {
        if (value === undefined) throw new WireFormatError("NDR: a null reference pointer");
        set(value);
      });
    },
  };
}

/** A full pointer: null, or one of several to the same object. */
export function full<T>(target: NdrType<T>): NdrType<T | undefined> {
  return pointer(
    (w, value) => {
      const { id, isNew } = w.referentOf(value);
      w.out.u32(id);
      if (isNew) w.defer(() => target.write(w, value));
    },
    (r, id, set) => {
      const { referent, isNew } = r.referentOf(id);
      const take = (value: unknown): void => set(value as T);
      if (referent.isRead) take(referent.value);
      else referent.waiting.push(take);
      if (!isNew) return;
      r.defer(() =>
        target.read(r, (value) => {
          referent.isRead = true;
          referent.value = value;
          for (const waiting of referent.waiting.splice(0)) waiting(value);
        }),
      );
    },
  );
}

function pointer<T>(
  write: (w: NdrWriter, value: T) => void,
  read: (r: NdrReader, id: number, set: (value: T | undefined) => void) => void,
): NdrType<T | undefined> {
  return {
    alignment: 4,
    minimumSize: 4,
    write(w, value) {
      w.align(4);
      if (value === undefined) w.out.u32(0);
      else write(w, value);
    },
    read(r, set) {
      r.align(4);
      const id = r.input.u32();
      if (id === 0) set(undefined);
      else read(r, id, set);
    },
  };
}

/** A conformant array: its count, then its elements. */
export function conformantArray<T>(element: NdrType<T>): NdrType<readonly T[]> {
  return {
    alignment: Math.max(4, element.alignment),
    minimumSize: 4,
    write(w, value) {
      w.align(4);
      w.out.u32(value.length); // max_count
      writeElements(w, element, value);
    },
    read(r, set) {
      r.align(4);
      set(readElements(r, element, r.input.u32()));
    },
  };
}

/** A conformant and varying array: its capacity, where its elements start, how many they are. */
export function conformantVaryingArray<T>(element: NdrType<T>): NdrType<readonly T[]> {
  const varying = varyingArray(element);
  return {
    alignment: varying.alignment,
    minimumSize: 12,
    write(w, value) {
      w.align(4);
      w.out.u32(value.length); // max_count
      varying.write(w, value);
    },
    read(r, set) {
      r.align(4);
      const maximum = r.input.u32();
      varying.read(r, (value) => {
        if (value.length > maximum) {
          throw new WireFormatError(`NDR: ${value.length} elements in an array of ${maximum}`);
        }
        set(value);
      });
    },
  };
}

/** A varying array: where its elements start, how many they are. */
export function varyingArray<T>(element: NdrType<T>): NdrType<readonly T[]> {
  return {
    alignment: Math.max(4, element.alignment),
    minimumSize: 8,
    write(w, value) {
      w.align(4);
      w.out.u32(0).u32(value.length); // offset, actual_count
      writeElements(w, element, value);
    },
    read(r, set) {
      r.align(4);
      const offset = r.input.u32();
      if (offset !== 0) throw new WireFormatError(`NDR: an array that starts at ${offset}`);
      set(readElements(r, element, r.input.u32()));
    },
  };
}

function writeElements<T>(w: NdrWriter, element: NdrType<T>, values: readonly T[]): void {
  if (values.length > 0) w.align(element.alignment);
  for (const value of values) element.write(w, value);
}

function readElements<T>(r: NdrReader, element: NdrType<T>, announced: number): T[] {
  if (announced > 0) r.align(element.alignment);
  const count = r.input.expectCount(announced, Math.max(1, element.minimumSize));
  const values: T[] = [];
  for (let index = 0; index < count; index += 1) {
    element.read(r, (value) => {
      values[index] = value;
    });
  }
  return values;
}

/** `[string] wchar_t*`: a conformant and varying string of UTF-16, which ends with NUL. */
export const wideString: NdrType<string> = {
  alignment: 4,
  minimumSize: 12,
  write(w, value) {
    const bytes = encodeUtf16(`${value}\0`);
    w.align(4);
    w.out.u32(bytes.length / 2); // max_count
    w.out.u32(0); // offset
    w.out.u32(bytes.length / 2); // actual_count
    w.out.raw(bytes);
  },
  read(r, set) {
    r.align(4);
    const maximum = r.input.u32();
    const offset = r.input.u32();
    const actual = r.input.u32();
    if (offset !== 0 || actual > maximum) {
      throw new WireFormatError(`NDR: a string of ${actual} from ${offset} in ${maximum}`);
    }
    const text = decodeUtf16(r.input.raw(r.input.expectCount(actual, 2) * 2));
    const end = text.indexOf("\0");
    set(end < 0 ? text : text.slice(0, end));
  },
};

/** `[string, unique] wchar_t*`: what nearly every interface uses. */
export const uniqueString: NdrType<string | undefined> = unique(wideString);

import type { Format } from "./format.ts";
import type { Realm } from "./realm.ts";

export interface LongLists {
  /** An array of `count` rows that are read as they are asked for. */
  rows: (context: string, count: number) => object;
  /** An object whose values are read as they are asked for; `keys` is JSON. */
  members: (context: string, keys: string) => object;
  /** Whether it is such an object: its values come by getters of ours. */
  isMembers: (value: object) => boolean;
}

/** What a list is read by: `{ "first": 17, "rows": […] }` with the rows around one of them, and a member's value, as JSON. */
export interface ReadLists {
  readRows: (context: string, row: number) => string;
  readMember: (context: string, index: number) => string;
}

/** Contexts that are arrays or objects and too long to be in memory: they look like others, and cannot be changed. */
export function createLongLists(realm: Realm, format: Format, { readRows, readMember }: ReadLists): LongLists {
  const { errorAt, isInteger, freeze, each, list, parse, argument } = realm;
  const { TypeError } = realm;
  const maxGroups = 4;
  const maxRemembered = 64;
  const maxShown = 100;
  const known = new realm.WeakSet();
  const isMembers = (value: object): boolean => realm.weakHas(known, value);

  const deepFreeze = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    each(realm.ownKeys(value), (key) => deepFreeze(realm.dataOf(value, key)));
    return freeze(value);
  };
  const refuse = (context: string): ((...given: unknown[]) => never) => {
    const refusal = (): never => {
      throw errorAt(
        TypeError,
        `"${context}" is read from its file and cannot be changed: keep what you make of it in a variable of your own`,
        refusal,
      );
    };
    return refusal;
  };
  /** "17" is 17; anything else is no index. */
  const indexOf = (key: PropertyKey): number => {
    if (typeof key !== "string") return -1;
    const first = key[0] as string;
    if (key === "" || first < "0" || first > "9") return -1;
    const index = +key;
    return isInteger(index) && `${index}` === key ? index : -1;
  };

  const rows: LongLists["rows"] = (context, count) => {
    let groups = list<{ first: number; rows: unknown[] }>();
    const groupOf = (row: number): { first: number; rows: unknown[] } => {
      for (let at = groups.length - 1; at >= 0; at--) {
        const group = groups[at] as (typeof groups)[number];
        if (row >= group.first && row < group.first + group.rows.length) return group;
      }
      const read = parse(readRows(context, row)) as { first: number; rows: unknown[] };
      each(read.rows, deepFreeze);
      const kept = list<{ first: number; rows: unknown[] }>();
      each(groups, (group, at) => {
        if (groups.length < maxGroups || at > 0) kept[kept.length] = group;
      });
      kept[kept.length] = read;
      groups = kept;
      return read;
    };
    const rowAt = (row: number): unknown => {
      const group = groupOf(row);
      return argument(group.rows, row - group.first);
    };
    const target = new realm.Array<unknown>(count);
    const change = refuse(context);
    return new realm.Proxy(target, {
      get: (held, key, receiver) => {
        const index = indexOf(key);
        return index >= 0 && index < count ? rowAt(index) : realm.get(held, key, receiver);
      },
      has: (held, key) => {
        const index = indexOf(key);
        return index >= 0 ? index < count : realm.has(held, key);
      },
      getOwnPropertyDescriptor: (held, key) => {
        const index = indexOf(key);
        if (index < 0 || index >= count) return realm.describe(held, key);
        // Said to be configurable, for the array behind has no such element.
        return { value: rowAt(index), writable: true, enumerable: true, configurable: true };
      },
      set: change,
      defineProperty: change,
      deleteProperty: change,
      preventExtensions: change,
      setPrototypeOf: change,
    });
  };

  const members: LongLists["members"] = (context, keys) => {
    const made = {};
    let remembered = list<{ index: number; value: unknown }>();
    const valueAt = (index: number): unknown => {
      for (let at = remembered.length - 1; at >= 0; at--) {
        const one = remembered[at] as (typeof remembered)[number];
        if (one.index === index) return one.value;
      }
      const value = deepFreeze(parse(readMember(context, index)));
      if (remembered.length >= maxRemembered) remembered = list();
      remembered[remembered.length] = { index, value };
      return value;
    };
    each(parse(keys) as string[], (key, index) =>
      Reflect.defineProperty(made, key, { get: () => valueAt(index), enumerable: true, configurable: false }),
    );
    realm.weakAdd(known, made);
    return freeze(made);
  };

  format.special((value) => {
    if (!isMembers(value)) return undefined;
    const keys = realm.ownKeys(value);
    let text = `an object of ${realm.count(keys.length)} keys, whose values are read as they are asked for:`;
    each(keys, (key, at) => {
      if (at < maxShown) text += `\n${format.show(key, 200)}`;
    });
    return keys.length > maxShown ? `${text}\n…` : text;
  });
  return { rows, members, isMembers };
}

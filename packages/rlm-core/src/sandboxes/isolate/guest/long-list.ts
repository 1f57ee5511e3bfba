import type { Format } from "./format.ts";
import type { Realm } from "./realm.ts";

export interface LongLists {
  /** An array of `count` rows that are read as they are asked for; `name` is the variable's. */
  rows: (context: string, name: string, count: number) => object;
  /** An object whose values are read as they are asked for; `keys` is JSON. */
  members: (context: string, keys: string) => object;
  /** Whether it is such an object: its values come by getters of ours. */
  isMembers: (value: object) => boolean;
  /** The context that such an array or object is; undefined for all else. */
  nameOf: (value: unknown) => string | undefined;
  /** Looks at values so that the code cannot tell: which of its rows are the same object as before depends on what was read. */
  unseen: (look: () => void) => void;
}

interface Group {
  first: number;
  rows: unknown[];
}

/** What a list is read by: `{ "first": 17, "rows": […] }` with the rows around one of them, and a member's value, as JSON. */
export interface ReadLists {
  readRows: (context: string, row: number) => string;
  readMember: (context: string, index: number) => string;
}

/** Contexts that are arrays or objects and too long to be in memory: they look like others, and cannot be changed. */
export function createLongLists(realm: Realm, format: Format, { readRows, readMember }: ReadLists): LongLists {
  const { errorAt, isInteger, freeze, each, list, parse, argument, count: digits } = realm;
  const { TypeError, RangeError } = realm;
  const maxGroups = 4;
  const maxRemembered = 64;
  const maxShown = 100;
  const maxKeys = 1_000_000;
  const known = new realm.WeakMap<object, { context: string; isMembers: boolean }>();
  const caches = list<{ groups: Group[] }>();
  const isMembers = (value: object): boolean => realm.weakGet(known, value)?.isMembers === true;

  // Not by recursion: JSON may be nested deeper than a stack is. What was parsed has own values alone, so they are read as they are.
  const deepFreeze = (value: unknown): unknown => {
    const open = list<object>();
    let last = -1;
    const add = (one: unknown): void => {
      if (typeof one === "object" && one !== null) open[++last] = one;
    };
    add(value);
    while (last >= 0) {
      const one = open[last--] as Record<PropertyKey, unknown>;
      if (realm.isArray(one)) each(one, add);
      else each(realm.ownKeys(one), (key) => add(one[key]));
      freeze(one);
    }
    return value;
  };
  const refuse = (name: string): ((...given: unknown[]) => never) => {
    const refusal = (): never => {
      throw errorAt(
        TypeError,
        `"${name}" is read from its file and cannot be changed: keep what you make of it in a variable of your own`,
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

  const rows: LongLists["rows"] = (context, name, count) => {
    const cache = { groups: list<Group>() };
    caches[caches.length] = cache;
    const groupOf = (row: number): Group => {
      const { groups } = cache;
      for (let at = groups.length - 1; at >= 0; at--) {
        const group = groups[at] as Group;
        if (row >= group.first && row < group.first + group.rows.length) return group;
      }
      const read = parse(readRows(context, row)) as Group;
      each(read.rows, deepFreeze);
      const kept = list<Group>();
      each(groups, (group, at) => {
        if (groups.length < maxGroups || at > 0) kept[kept.length] = group;
      });
      kept[kept.length] = read;
      cache.groups = kept;
      return read;
    };
    const rowAt = (row: number): unknown => {
      const group = groupOf(row);
      return argument(group.rows, row - group.first);
    };
    // A list that has lost an element takes no memory for those it has not.
    const target: unknown[] = [];
    Reflect.defineProperty(target, 0, { get: () => undefined, configurable: true });
    Reflect.deleteProperty(target, 0);
    target.length = count;
    const change = refuse(name);
    const ownKeys = (): string[] => {
      if (count > maxKeys)
        throw errorAt(
          RangeError,
          `"${name}" has ${digits(count)} rows, too many to list their numbers: go through it by for … of or by index`,
          ownKeys,
        );
      const keys = list<string>();
      for (let index = 0; index < count; index++) keys[index] = `${index}`;
      keys[count] = "length";
      return keys;
    };
    // Without a prototype, like what it gives: a property of Object.prototype would be a trap of the code's.
    const made = new realm.Proxy(target, {
      __proto__: null,
      get: (held: unknown[], key: PropertyKey, receiver: unknown) => {
        const index = indexOf(key);
        return index >= 0 && index < count ? rowAt(index) : realm.get(held, key, receiver);
      },
      has: (held: unknown[], key: PropertyKey) => {
        const index = indexOf(key);
        return index >= 0 ? index < count : realm.has(held, key);
      },
      getOwnPropertyDescriptor: (_held: unknown[], key: PropertyKey) => {
        if (key === "length")
          return { __proto__: null, value: count, writable: true, enumerable: false, configurable: false };
        const index = indexOf(key);
        if (index < 0 || index >= count) return undefined;
        // Said to be configurable, for the array behind has no such element.
        return { __proto__: null, value: rowAt(index), writable: true, enumerable: true, configurable: true };
      },
      ownKeys,
      set: change,
      defineProperty: change,
      deleteProperty: change,
      preventExtensions: change,
      setPrototypeOf: change,
    } as ProxyHandler<unknown[]>);
    realm.weakPut(known, made, { context, isMembers: false });
    return made;
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
    realm.weakPut(known, made, { context, isMembers: true });
    return freeze(made);
  };

  format.special((value) => {
    if (!isMembers(value)) return undefined;
    const keys = realm.ownKeys(value);
    let text = `an object of ${digits(keys.length)} keys, whose values are read as they are asked for:`;
    each(keys, (key, at) => {
      if (at < maxShown) text += `\n${format.show(key, 200)}`;
    });
    return keys.length > maxShown ? `${text}\n…` : text;
  });
  return {
    rows,
    members,
    isMembers,
    nameOf: (value) => (typeof value === "object" && value !== null ? realm.weakGet(known, value)?.context : undefined),
    unseen: (look) => {
      const before = list<Group[]>();
      each(caches, (cache, index) => {
        before[index] = cache.groups;
      });
      try {
        look();
      } finally {
        each(caches, (cache, index) => {
          cache.groups = before[index] as Group[];
        });
      }
    },
  };
}

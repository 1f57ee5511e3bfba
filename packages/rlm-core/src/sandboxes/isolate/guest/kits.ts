import type { GuestHost } from "./host.ts";
import type { Realm } from "./realm.ts";

/** The kits of a session. */
export interface Kits {
  begin: (kit: string) => void;
  /** By name; a method comes as the one member of an object. */
  functions: (kit: string, made: object) => void;
  tool: (kit: string, name: string) => void;
  library: (kit: string, name: string, hash: string) => void;
  /** All of them are there. */
  ready: () => void;
}

/**
 * Of each kit the code gets a frozen object of functions. Those functions' `this` is another object, which has what they
 * alone may use as well: the REPL's own functions, the kit's libraries, its tools.
 */
export function createKits(
  realm: Realm,
  host: Pick<GuestHost, "readLibrary">,
  repl: object,
  toolOf: (name: string) => (args?: unknown) => Promise<unknown>,
): Kits {
  interface Kit {
    shown: object;
    scope: object;
    tools: Map<string, unknown>;
    libraries: Map<string, { hash: string; source?: string | undefined; value: unknown }>;
  }
  const { apply, fix, freeze, put, mapGet, mapSet, errorAt } = realm;
  const kits = new realm.Map<string, Kit>();
  const all = realm.list<Kit>();
  const kitOf = (name: string): Kit => mapGet(kits, name) as Kit;

  return {
    begin: (name) => {
      // Without a prototype: a getter that code puts on one would be given it.
      const scope = { __proto__: null };
      const kit: Kit = { shown: {}, scope, tools: new realm.Map(), libraries: new realm.Map() };
      mapSet(kits, name, kit);
      all[all.length] = kit;
      put(realm.global, name, kit.shown);
      const library = (key: string): unknown => {
        const found = mapGet(kit.libraries, key);
        if (found === undefined)
          throw errorAt(realm.TypeError, `Cannot load library "${key}": kit "${name}" has none of that name`, library);
        if (found.hash !== "") {
          // Asked for once, also where its code throws and is run again.
          found.source ??= host.readLibrary(found.hash);
          found.value = realm.evaluate(found.source);
          // Held no longer than it is needed: it may be megabytes.
          found.source = undefined;
          found.hash = "";
        }
        return found.value;
      };
      const tool = (key: string): unknown => {
        const found = mapGet(kit.tools, key);
        if (found === undefined)
          throw errorAt(realm.TypeError, `Cannot call ${name}.${key}: the kit has no tool of that name`, tool);
        return found;
      };
      put(kit.scope, "repl", repl);
      put(kit.scope, "library", freeze(library));
      put(kit.scope, "tool", freeze(tool));
    },
    functions: (kitName, made) => {
      const { shown, scope } = kitOf(kitName);
      realm.each(realm.ownKeys(made) as string[], (name) => {
        const given = realm.dataOf(made, name) as object;
        const run = (typeof given === "function" ? given : Object.values(given)[0]) as Function;
        const bound = (...args: unknown[]): unknown => apply(run, scope, args);
        fix(bound, "name", name);
        put(shown, name, freeze(bound));
        // A function of the kit's own goes before what the scope has of that name.
        put(scope, name, bound);
      });
    },
    tool: (kit, name) => mapSet(kitOf(kit).tools, name, freeze(toolOf(`${kit}.${name}`))),
    library: (kit, name, hash) => mapSet(kitOf(kit).libraries, name, { hash, source: undefined, value: undefined }),
    ready: () => {
      realm.each(all, ({ shown, scope }) => {
        freeze(shown);
        freeze(scope);
      });
    },
  };
}

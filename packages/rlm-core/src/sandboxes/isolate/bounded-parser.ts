import { Parser } from "acorn";

/** The code is nested deeper than {@link BoundedParser} allows. */
export class NestedTooDeeply extends Error {}

// The parsers here and in V8 recurse, and how deep they come depends on how hot they run: so the end of their stack must
// never decide what a block does, for a replay would decide otherwise. A step of each kind costs about this much stack;
// all of them together stay below half of what a cold parser has (measured).
const costs = { parseMaybeAssign: 9, parseBindingAtom: 4, parseStatement: 4, parseMaybeUnary: 2, parseExprOp: 2 };
const mostCost = 2_500;

type Step = (...args: unknown[]) => unknown;

/** Acorn's parser with a bound on nesting: about 200 brackets or functions in each other, or 1,200 operators in a row. */
export const BoundedParser: typeof Parser = Parser.extend((Base) => {
  const Bounded = class extends Base {};
  const spent = new WeakMap<object, number>();
  for (const [name, cost] of Object.entries(costs)) {
    const step = Reflect.get(Base.prototype, name) as Step;
    const boundedStep = function (this: object, ...args: unknown[]): unknown {
      const before = spent.get(this) ?? 0;
      if (before + cost > mostCost) throw new NestedTooDeeply();
      spent.set(this, before + cost);
      const node = Reflect.apply(step, this, args);
      spent.set(this, before);
      return node;
    };
    Object.defineProperty(Bounded.prototype, name, { value: boundedStep });
  }
  // At the top the code stands in an async function, where `using` is allowed.
  const { get: allowUsing } = Reflect.getOwnPropertyDescriptor(Base.prototype, "allowUsing") ?? {};
  Object.defineProperty(Bounded.prototype, "allowUsing", {
    get(this: { scopeStack: unknown[] }) {
      return this.scopeStack.length === 1 || allowUsing?.call(this);
    },
  });
  return Bounded;
});

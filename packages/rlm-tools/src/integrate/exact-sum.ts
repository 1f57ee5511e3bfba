/** A sum of doubles as it is, not rounded: `digits` times 2 to the power of `exponent`. */
export interface ExactSum {
  digits: bigint;
  exponent: number;
}

export function exactSum(numbers: readonly number[]): ExactSum {
  let digits = 0n;
  let exponent = 0;
  for (const number of numbers) {
    const one = exactOf(number);
    if (one.exponent < exponent) {
      digits <<= BigInt(exponent - one.exponent);
      exponent = one.exponent;
    }
    digits += one.digits << BigInt(one.exponent - exponent);
  }
  return { digits, exponent };
}

/** The double nearest to a sum divided by a whole number; of two, the even one; infinite beyond the largest. */
export function nearest({ digits, exponent }: ExactSum, divisor: number = 1): number {
  if (digits < 0n) return -nearest({ digits: -digits, exponent }, divisor);
  const by = BigInt(divisor);
  // That of the last of 53 digits, or one less; no double has one below -1074.
  let last = Math.max(-1074, exponent + lengthOf(digits) - lengthOf(by) - 53);
  let [whole, part] = divided(last);
  if (whole >= 2n ** 53n) [whole, part] = divided((last += 1));
  const isUp = part > 0n || (part === 0n && whole % 2n === 1n);
  return Number(isUp ? whole + 1n : whole) * 2 ** last;

  /** How many of 2 ** last there are, and twice what is left beyond the half of one. */
  function divided(last: number): [bigint, bigint] {
    const above = digits << BigInt(Math.max(0, exponent - last));
    const below = by << BigInt(Math.max(0, last - exponent));
    return [above / below, 2n * (above % below) - below];
  }
}

function lengthOf(digits: bigint): number {
  return digits.toString(2).length;
}

const view = new DataView(new ArrayBuffer(8));

function exactOf(number: number): ExactSum {
  if (Number.isSafeInteger(number)) return { digits: BigInt(number), exponent: 0 };
  view.setFloat64(0, number);
  const high = view.getUint32(0);
  const power = (high >>> 20) & 0x7ff;
  const size = (high & 0xfffff) * 2 ** 32 + view.getUint32(4) + (power === 0 ? 0 : 2 ** 52);
  return { digits: BigInt(number < 0 ? -size : size), exponent: Math.max(1, power) - 1075 };
}

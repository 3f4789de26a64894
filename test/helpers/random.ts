/** Numbers that look random, the same for the same seed. */
export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number;
  /** True so many times in a hundred. */
  percent(chance: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** A generator of them (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    percent: (chance) => below(100) < chance,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
  };
}

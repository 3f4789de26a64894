/** What a migration's name or version says, as another program wrote it. */
export interface ParsedName {
  /** The number that one of our files would have; undefined: none of ours could. */
  readonly number: number | undefined;
  /** What follows it. */
  readonly words: string | undefined;
}

/** Laravel's: `2014_10_12_000000_create_users_table`. */
const dated = /^(\d{4})_(\d{2})_(\d{2})_(\d{6})(?:_(.+))?$/s;
/** `7`, `007`, `20190101120000_create_users`. A file of ours has 14 digits at most. */
const numbered = /^(\d{1,14})(?:[_-]+(.+))?$/s;

/**
 * Takes a name apart into number and words: `007` is 7, Laravel's date is 20141012000000. `1.2` and `1_2` are no
 * numbers of ours: neither 1 nor 12 would be right. Pure.
 */
export function parseName(text: string): ParsedName {
  const bare = text.trim().replace(/\.(?:sql|php|js|ts|rb)$/i, '');
  const date = dated.exec(bare);
  if (date !== null) return { number: Number(date.slice(1, 5).join('')), words: date[5] };
  const plain = numbered.exec(bare);
  if (plain === null || /^[\d._]+$/.test(plain[2] ?? '')) return { number: undefined, words: bare };
  return { number: Number(plain[1]), words: plain[2] };
}

/** `V1_2__create_users.sql`: what Flyway's file names hold behind the two underlines. */
export const wordsOfFlywayScript = (script: string): string | undefined =>
  /^[^/\\]*?__(.+?)(?:\.sql)?$/i.exec(script.replace(/^.*[/\\]/, ''))?.[1];

/** Words as they are compared: `CreateUsers`, `create users` and `create_users` are the same. */
export const sameWords = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

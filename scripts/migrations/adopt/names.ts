import { isScriptVersion } from '../version.ts';

/** What a migration's name or version says, as another program wrote it. */
export interface ParsedName {
  /** The version that one of our files would have; undefined: none of ours could. */
  readonly version: string | undefined;
  /** What follows it. */
  readonly words: string | undefined;
}

/** Laravel's: `2014_10_12_000000_create_users_table`. */
const dated = /^(\d{4})_(\d{2})_(\d{2})_(\d{6})(?:_(.+))?$/s;
/** `7`, `007`, `20190101120000_create_users`. */
const numbered = /^(\d+)(?:[_-]+(.+))?$/s;

/**
 * Takes a name apart into version and words: Laravel's date is 20141012000000. `1.2` and `1_2` are versions as a whole:
 * neither 1 nor 12 would be right. Pure.
 */
export function parseName(text: string): ParsedName {
  const bare = text.trim().replace(/\.(?:sql|php|js|ts|rb)$/i, '');
  const date = dated.exec(bare);
  if (date !== null) return { version: date.slice(1, 5).join(''), words: date[5] };
  if (isScriptVersion(bare)) return { version: bare, words: /^\d+$/.test(bare) ? undefined : bare };
  const plain = numbered.exec(bare);
  const version = plain?.[1] ?? '';
  if (!isScriptVersion(version) || /^[\d._]+$/.test(plain?.[2] ?? ''))
    return { version: undefined, words: bare };
  return { version, words: plain?.[2] };
}

/** `V1_2__create_users.sql`: what Flyway's file names hold behind the two underlines. */
export const wordsOfFlywayScript = (script: string): string | undefined =>
  /^[^/\\]*?__(.+?)(?:\.sql)?$/i.exec(script.replace(/^.*[/\\]/, ''))?.[1];

/** Words as they are compared: `CreateUsers`, `create users` and `create_users` are the same. */
export const sameWords = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

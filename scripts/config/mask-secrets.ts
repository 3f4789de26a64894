import type { Config } from './settings.ts';
import { Secret } from './types.ts';

/** A shorter one would be found in words that have nothing to do with it. */
const shortest = 4;

/**
 * What others have written, without the secrets of the settings: an application that fails prints its configuration, with
 * the password of the database that is ours too. Pure.
 */
export function maskSecrets(config: Partial<Config>, text: string): string {
  const secrets = Object.values(config)
    .flatMap((value) => (value instanceof Secret ? [value.reveal()] : []))
    .filter((value) => value.length >= shortest)
    .flatMap(waysToWrite)
    // One that holds another is masked as a whole.
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}

/** As it is, in an address, and in JSON. */
const waysToWrite = (value: string): readonly string[] => [
  value,
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
];

import type { Messages } from './catalogue.ts';
import { en } from './en/index.ts';

/** The catalogues there are, by language. */
const catalogues: Readonly<Record<string, Messages>> = { en };

/**
 * The catalogue for a wish: a language, or `auto`, which follows the locale of the environment.
 * A language that has no catalogue yet falls back to English.
 */
export function messagesFor(
  wish: string,
  environment: Readonly<Record<string, string | undefined>>,
): Messages {
  const locale = environment['LC_ALL'] ?? environment['LC_MESSAGES'] ?? environment['LANG'] ?? '';
  return catalogues[wish === 'auto' ? locale.slice(0, 2) : wish] ?? en;
}

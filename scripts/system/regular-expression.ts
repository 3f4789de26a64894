import { Script } from 'node:vm';

/** A text as a regular expression that matches it alone. */
export const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** A regular expression that somebody wrote, for a whole text: what it matches in the middle of one does not count. */
export const forWhole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, 'u');

/** How many groups a regular expression has that somebody wrote; undefined where it is none. Pure. */
export function groupsOf(pattern: string): number | undefined {
  try {
    forWhole(pattern);
    // An alternative that is empty matches nothing, and tells of all groups.
    return (new RegExp(`${pattern}|`, 'u').exec('')?.length ?? 1) - 1;
  } catch {
    return undefined;
  }
}

/** The regular expression that a setting gives, in which ^ and $ are the ends of a line; undefined where it is none. */
export function patternOf(text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'm');
  } catch {
    return undefined;
  }
}

/**
 * The first match of a pattern of somebody's in a text of somebody else's: together they may take for ever.
 *
 * @returns null where nothing matches; `endless` where that could not be told within `mostMs` milliseconds
 */
export const firstMatch = (
  pattern: RegExp,
  text: string,
  mostMs = 2000,
): RegExpExecArray | null | 'endless' => {
  const matches = firstMatches(pattern, [text], mostMs);
  return matches === 'endless' ? matches : (matches[0] ?? null);
};

/** The same in each of several texts, of which all together may take so long. */
export function firstMatches(
  pattern: RegExp,
  texts: readonly string[],
  mostMs = 2000,
): readonly (RegExpExecArray | null)[] | 'endless' {
  let matches: readonly (RegExpExecArray | null)[] = [];
  const look = (): void => void (matches = texts.map((text) => pattern.exec(text)));
  try {
    // The limit holds for regular expressions, too: V8 looks for its end whenever one goes back.
    new Script('look()').runInNewContext({ look }, { timeout: mostMs });
    return matches;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'endless';
    throw error;
  }
}

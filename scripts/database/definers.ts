/** What becomes of the accounts that views, triggers, routines and events run as: `current` is the one that restores. */
export type Definers = 'keep' | 'current';

const account = "(?:`(?:[^`]|``)*`|'(?:[^'\\\\]|\\\\.|'')*'|[^\\s`'@*]+)";
const clause = `DEFINER\\s*=\\s*${account}(?:@${account})?`;
/** The dump programs write it behind CREATE, and before any text of the user's; in a view on a line of its own. */
const inStatement = new RegExp(`^((?:/\\*!\\d+ )?CREATE\\b(?:[^'"\`;(])*?)${clause}`);
const inLine = new RegExp(`^((?:/\\*!\\d+ )?(?:CREATE\\b[^'"\`;(]*?)?)${clause}`);

/** The account that a statement of a dump names, as it stands there; undefined where it names none. */
export const accountIn = (statement: string): string | undefined =>
  new RegExp(`^(?:/\\*!\\d+ )?CREATE\\b(?:[^'"\`;(])*?DEFINER\\s*=\\s*(${account}(?:@${account})?)`).exec(
    statement,
  )?.[1];

/** A statement of a dump that makes something, as whoever runs it. */
export const withCurrentDefiner = (statement: string): string =>
  statement.replace(inStatement, '$1DEFINER=CURRENT_USER');

/** A line of a dump without the account that it names, to compare it with the same of another account. */
export const withoutDefiner = (line: string): string => line.replace(inLine, '$1DEFINER=');

/** A name as SQL takes it in every sql_mode: in backticks, its own backticks doubled. */
export function quoteName(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``;
}

/**
 * A text as SQL takes it: in single quotes, with quotes doubled and backslashes escaped. Only right while
 * NO_BACKSLASH_ESCAPES is off, as it is in every session of ours that did not ask for it; values in statements that
 * can be prepared are better given as values.
 */
export function quoteText(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0')}'`;
}

/** The name of a database where GRANT takes a pattern: `_` and `%` stand for themselves only behind a backslash. */
export function quoteNamePattern(identifier: string): string {
  return quoteName(identifier.replaceAll(/[_%\\]/g, '\\$&'));
}

/** An account as SQL takes it: `'user'@'host'`. */
export function quoteAccount(account: { readonly user: string; readonly host: string }): string {
  return `${quoteText(account.user)}@${quoteText(account.host)}`;
}

/** A whole number for SET: the server's own value of a variable, where that is not larger than this. */
export function noMoreThan(variable: string, most: number): string {
  // Without the cast MySQL takes it for a decimal, which it refuses (1232).
  return `CAST(LEAST(@@GLOBAL.${variable}, ${most}) AS UNSIGNED)`;
}

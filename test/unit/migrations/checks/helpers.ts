import { checkScript } from '../../../../scripts/migrations/checks/check.ts';
import type { Finding } from '../../../../scripts/migrations/checks/finding.ts';
import type { CheckOptions } from '../../../../scripts/migrations/checks/rule.ts';
import { splitStatements } from '../../../../scripts/sql/splitter.ts';

/** What is found in a script, of the database `shop` unless the options say otherwise. */
export function check(text: string, options: CheckOptions = { database: 'shop' }): Finding[] {
  const file = '012_change.sql';
  return checkScript(
    { file, text, statements: splitStatements(text, { file, sqlMode: options.sqlMode }) },
    options,
  );
}

/** The codes of what is found, in order. */
export const codesIn = (text: string, options?: CheckOptions): string[] =>
  check(text, options).map(({ code }) => code);

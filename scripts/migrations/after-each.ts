import type { Config } from '../config/settings.ts';
import { sha256OfText } from '../core/text-hash.ts';
import { plainMode } from '../sql/lexer.ts';
import { splitStatements } from '../sql/splitter.ts';
import { firstTokens, type Statement } from '../sql/statement.ts';
import type { ScriptReading } from './migration.ts';
import { textWithValues } from './placeholders.ts';

/** What errors, messages and the server's lists call it by. */
const origin = 'MIGRATIONS_AFTER_EACH';

/**
 * The SQL that is run behind a script: MIGRATIONS_AFTER_EACH, with the placeholders of scripts and the script's version in it;
 * undefined where nothing is. Pure.
 */
export function sqlAfter(
  version: string,
  settings: Partial<Pick<Config, 'MIGRATIONS_AFTER_EACH' | 'MIGRATIONS_PLACEHOLDERS'>>,
): string | undefined {
  const { MIGRATIONS_AFTER_EACH: sql, MIGRATIONS_PLACEHOLDERS: placeholders = [] } = settings;
  return sql === undefined ? undefined : textWithValues(sql.replaceAll('{version}', version), placeholders);
}

/**
 * Its statements, numbered on from the script's own. They are the script's last ones in all else: journaled, hashed and gone on
 * with as these are. Pure.
 *
 * @param last the last statement of the script; undefined: it has none
 * @throws MajError `migration-script` where it cannot be split
 */
export function statementsAfter(
  sql: string | undefined,
  last: Pick<Statement, 'number' | 'line' | 'column'> | undefined,
  { sqlMode, flavour }: ScriptReading,
): Statement[] {
  if (sql === undefined) return [];
  const { number, line, column } = last ?? { number: 0, line: 1, column: 1 };
  return splitStatements(sql, { file: origin, sqlMode, flavour }).map((statement) => {
    // Messages show it, and servers where they list what runs.
    const text = `${statement.text}\n/* ${origin} */`;
    const hash = sha256OfText(text);
    return {
      ...statement,
      text,
      hash,
      number: number + statement.number,
      line,
      column,
      isAfter: true as const,
    };
  });
}

/** Whether a statement behind a script was to change rows that are there, and has found none. Pure. */
export const isIdleUpdate = ({ isAfter, text }: Pick<Statement, 'isAfter' | 'text'>, rows: number): boolean =>
  isAfter === true && rows === 0 && firstTokens(text, plainMode, 1)[0] === 'UPDATE';

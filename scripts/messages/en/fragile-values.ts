import { fragileCondition } from '../../sql/fragile-condition.ts';
import type { FragileColumn } from '../../dump/fragile-values.ts';
import { quoteName } from '../../sql/quote.ts';

/** What does not survive a dump, and where: `users.balance: 3 rows with a negative zero, …`. */
export function fragileText({ table, column, why, rows }: FragileColumn): string {
  const where = `${table}.${column}: ${rows} ${rows === 1 ? 'row' : 'rows'}`;
  switch (why) {
    case 'rounded':
      return `${where} with more digits than are printed`;
    case 'minus-zero':
      return `${where} with a negative zero, which is printed as -0 and read back as 0`;
    case 'json-number':
      return `${where} with a DECIMAL within JSON, which is printed as 7.50 and read back as the DOUBLE 7.5`;
  }
}

/**
 * The statements that turn such values into what a dump brings back. JSON takes two: 7.5 equals 7.50, and MySQL does not
 * write a row anew whose values are equal.
 */
export function fragileRemedies({ table, column, why }: FragileColumn): string[] {
  const name = quoteName(column);
  const update = `UPDATE ${quoteName(table)} SET ${name} =`;
  const where = `WHERE ${fragileCondition(why, column)};`;
  if (why !== 'json-number') return [`${update} 0 ${where}`];
  const marked = `JSON_UNQUOTE(JSON_EXTRACT(${name}, '$[0]')) = 'maj: as text'`;
  return [
    `${update} JSON_ARRAY('maj: as text', CAST(${name} AS CHAR)) ${where}`,
    `${update} CAST(JSON_UNQUOTE(JSON_EXTRACT(${name}, '$[1]')) AS JSON) WHERE ${marked};`,
  ];
}

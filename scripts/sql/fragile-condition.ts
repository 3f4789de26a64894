import { quoteName } from './quote.ts';

/**
 * Why a value is not the same after a dump and a load, by any program that writes what the server prints (measured on
 * MariaDB 10.11 and 11.8 and MySQL 9.7).
 *
 * - `rounded`: a FLOAT keeps 24 bits, and the server prints six digits of it. The next dump prints the same six: that it is
 *   equal does not show it.
 * - `minus-zero`: a negative zero is printed as `-0`, which is read as an integer, and those have one zero.
 * - `json-number`: MySQL keeps a DECIMAL within JSON and prints `7.50`, which is read as the DOUBLE `7.5`.
 */
export type Fragility = 'rounded' | 'minus-zero' | 'json-number';

/** The condition that such a value of a column fulfils: pure. */
export function fragileCondition(why: Fragility, column: string): string {
  const name = quoteName(column);
  switch (why) {
    case 'rounded':
      return `CAST(CONCAT(${name}) AS FLOAT) <> ${name}`;
    case 'minus-zero':
      return `${name} = 0 AND CONCAT(${name}) LIKE '-%'`;
    case 'json-number':
      return `CAST(CAST(CAST(${name} AS CHAR) AS JSON) AS CHAR) <> CAST(${name} AS CHAR)`;
  }
}

import {
  withoutDirectories,
  withoutImpliedCharset,
  withoutQualifier,
  withoutDefiner,
  type Definers,
} from '../database/definition-texts.ts';
import { quoteName } from '../sql/quote.ts';
import type { PartKind } from './part.ts';

/** What texts are compared regardless of. */
export interface CanonicalOptions {
  /** The name of the database that the dump is of. */
  readonly database: string;
  /** Whether it matters whom things run as: not after a restore that gave them all to another account. */
  readonly definers: Definers;
}

/**
 * A line of a part's text in the form in which two dumps of the same thing are equal; undefined: the line says nothing
 * of the database. Rows have no canonical form: they are compared byte for byte.
 *
 * Each rule is for a quirk of a server and has its line in the test's table. What no rule covers is a difference.
 */
export function canonicalLine(
  kind: PartKind,
  line: string,
  { database, definers }: CanonicalOptions,
): string | undefined {
  if (kind === 'header') return isVersionLine(line) ? undefined : line;
  if (collectionLine.test(line)) return undefined;
  const text = definers === 'keep' ? line : withoutDefiner(line);
  if (kind === 'view-body' && text.startsWith(viewLine)) return withoutQualifier(text, quoteName(database));
  if (kind === 'table') return withoutImpliedCharset(withoutDirectories(withoutOwnName(text, database)));
  return withoutOwnName(text, database);
}

/** Announces events or routines, and names the database that they are of. */
const collectionLine = /^-- Dumping \w+ for database /;

/** Around a trigger or a routine of another charset the dump programs change that of the database, by name. */
function withoutOwnName(line: string, database: string): string {
  const start = `ALTER DATABASE ${quoteName(database)} `;
  return line.startsWith(start) ? `ALTER DATABASE ${line.slice(start.length)}` : line;
}

/** The header's comments name programs, host and server, and MariaDB's sandbox line comes and goes with versions. */
function isVersionLine(line: string): boolean {
  return line.startsWith('-- ') || line.startsWith('/*M!999999\\-') || line.startsWith('/*!999999\\-');
}

const viewLine = '/*!50001 VIEW `';

import { readScript, type Migration } from '../folder.ts';
import { splitStatements } from '../splitter.ts';
import { checkScript } from './check.ts';
import type { Finding } from './finding.ts';
import type { CheckOptions } from './rule.ts';

/** The warnings that a dry run got for the statements of one script; see `CheckOptions.warnings`. */
type WarningsOf = (migration: Migration) => NonNullable<CheckOptions['warnings']>;

/** A seed of more than this is not looked at: it is rows, and reading them as tokens takes memory. */
const mostBytes = 16 * 1024 * 1024;

/** What in the scripts that are about to run somebody should look at. */
export async function checkPending(
  migrations: readonly Migration[],
  options: Omit<CheckOptions, 'warnings'>,
  warningsOf: WarningsOf,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const migration of migrations) {
    const { file } = migration;
    const text = await readScript(migration, mostBytes);
    if (text === undefined) continue;
    const statements = splitStatements(text, { file, sqlMode: options.sqlMode, flavour: options.flavour });
    findings.push(
      ...checkScript({ file, text, statements }, { ...options, warnings: warningsOf(migration) }),
    );
  }
  return findings;
}

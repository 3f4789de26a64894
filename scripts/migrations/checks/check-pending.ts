import { basename } from 'node:path';
import { splitStatements } from '../../sql/splitter.ts';
import { readScript } from '../folder.ts';
import type { Migration } from '../migration.ts';
import { checkScript } from './check.ts';
import type { Evidence, Finding } from './finding.ts';
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

/** What a dry run measured of one statement, and which one that is. */
export interface MeasuredStatement extends Evidence {
  /** The script. */
  readonly file: string;
  /** Of the statement in the script, from 1. */
  readonly number: number;
}

/**
 * Joins what a dry run measured to the findings, by the file's name and the number of the statement.
 * Findings of statements that were not measured stay as they are. Pure.
 */
export function joinEvidence(
  findings: readonly Finding[],
  measured: readonly MeasuredStatement[],
): Finding[] {
  const known = new Map(
    measured.map(({ file, number, seconds, rows, warnings, algorithm }): [string, Evidence] => [
      key(file, number),
      { seconds, rows, warnings, ...(algorithm === undefined ? {} : { algorithm }) },
    ]),
  );
  return findings.map((finding) => {
    if (finding.statement === undefined) return finding;
    const evidence = known.get(key(basename(finding.file), finding.statement));
    return evidence === undefined ? finding : { ...finding, evidence };
  });
}

const key = (file: string, number: number): string => `${number} ${file}`;

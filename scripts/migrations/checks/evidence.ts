import { basename } from 'node:path';
import type { Evidence, Finding } from './finding.ts';

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

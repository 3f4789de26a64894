import { basename } from 'node:path';
import { versionNumber } from '../folder.ts';
import type { Evidence, Finding } from './finding.ts';

/** What a dry run measured of one statement, and which one that is. */
export interface MeasuredStatement extends Evidence {
  /** Of the script, as it stands in the name of the file: `012`; compared as a number. */
  readonly version: string;
  /** Of the statement in the script, from 1. */
  readonly number: number;
}

/**
 * Joins what a dry run measured to the findings, by the version in the file's name and the number of the statement.
 * Findings of statements that were not measured stay as they are. Pure.
 */
export function joinEvidence(
  findings: readonly Finding[],
  measured: readonly MeasuredStatement[],
): Finding[] {
  const known = new Map(
    measured.map(({ version, number, seconds, rows, warnings, algorithm }): [string, Evidence] => [
      key(version, number),
      { seconds, rows, warnings, ...(algorithm === undefined ? {} : { algorithm }) },
    ]),
  );
  return findings.map((finding) => {
    const version = /^\d+(?=_)/.exec(basename(finding.file))?.[0];
    if (version === undefined || finding.statement === undefined) return finding;
    const evidence = known.get(key(version, finding.statement));
    return evidence === undefined ? finding : { ...finding, evidence };
  });
}

const key = (version: string, number: number): string => `${versionNumber(version)} ${number}`;

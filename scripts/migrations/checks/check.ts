import { basename } from 'node:path';
import { refused } from '../../core/errors.ts';
import { positionOf } from '../../sql/lexer.ts';
import { splitStatements } from '../../sql/splitter.ts';
import { followSqlMode, initialModeState } from '../../sql/sql-mode.ts';
import type { Statement } from '../../sql/statement.ts';
import { readScript } from '../folder.ts';
import type { Migration } from '../migration.ts';
import { allowComments, applyAllows } from './allow.ts';
import { mayNeverRun, severities, type Finding, type FindingCode, type Evidence } from './finding.ts';
import { readStatement, withoutRows } from './reading/reading.ts';
import { remember, type CheckOptions, type Hit, type KnownSchema } from './rule.ts';
import { rules } from './rules/index.ts';
import { createReach, refusals } from './rules/reach.ts';

/**
 * What in a script somebody should look at, from its text alone: in the order of the statements. Pure.
 *
 * Statements are read as tokens: what stands in strings, comments and quoted names is never taken for SQL, while the
 * content of versioned comments is. Of what a routine, trigger or event will do when it is called only that is looked at
 * which no script may do (`createReach`).
 *
 * @param script its text with LF line ends and without BOM, and the statements that it was split into
 */
export function checkScript(
  script: { readonly file: string; readonly text: string; readonly statements: readonly Statement[] },
  options: CheckOptions = {},
): Finding[] {
  const findings: Finding[] = [];
  const looking = rules.map(({ findings: own, look }) => ({ own, look: look(options) }));
  const looks = looking.flatMap(({ look }) => look ?? []);
  let modes = initialModeState(options.sqlMode);
  let known: KnownSchema = { tables: new Set(), columns: new Set() };
  for (const statement of script.statements) {
    const reading = readStatement(statement, modes.mode);
    const hits = [
      ...reading.units.flatMap((unit) => looks.flatMap((look) => [...(look.unit?.(unit, known) ?? [])])),
      ...looks.flatMap((look) => [...(look.read?.(reading, known) ?? [])]),
    ];
    findings.push(...hits.map((hit) => findingOf(script.file, statement, hit)));
    for (const unit of reading.units) known = remember(known, unit);
    modes = followSqlMode(modes, statement.text);
  }
  for (const { statement, ...hit } of looks.flatMap((look) => [...(look.end?.() ?? [])]))
    findings.push(findingOf(script.file, statement, hit));
  const notLookedFor = looking.flatMap(({ own, look }) => (look === undefined ? Object.keys(own) : []));
  return applyAllows(script.file, findings, allowComments(script, options.sqlMode), notLookedFor);
}

function findingOf(file: string, statement: Statement, { start, ...found }: Hit<FindingCode>): Finding {
  const place = positionOf(statement.text, start);
  return {
    ...found,
    severity: severities[found.code],
    file,
    line: statement.line + place.line - 1,
    column: place.line === 1 ? statement.column + place.column - 1 : place.column,
    statement: statement.number,
  };
}

/**
 * Looks at the statements of one script, one after the other, and refuses a script that reaches another database than the
 * live one, or the server: on the copy of a dry run it would fail or, worse, on the live server it would change what no
 * backup holds. No comment in the script allows it, and what `checkScript` says cannot be allowed is what this refuses: both
 * ask `createReach`.
 *
 * @throws MajError (the guard) `migration-other-database`, `migration-drops-database`, `migration-server-wide`, naming
 *   file, line and column
 */
export function createDatabaseGuard(
  file: string,
  options: { readonly database: string; readonly sqlMode?: string | undefined },
): (statement: Statement) => void {
  const reach = createReach(options);
  let modes = initialModeState(options.sqlMode);
  return (statement) => {
    const read = { ...statement, text: withoutRows(statement.text, modes.mode) };
    for (const found of reach(readStatement(read, modes.mode))) {
      if (!mayNeverRun(found.code)) continue;
      const { line, column } = findingOf(file, statement, found);
      const place = { file, line, column };
      throw refused(refusals[found.code], {
        ...place,
        named: found.object ?? '',
        database: options.database,
      });
    }
    modes = followSqlMode(modes, statement.text);
  };
}

/** A seed of more than this is not looked at: it is rows, and reading them as tokens takes memory. */
const mostBytes = 16 * 1024 * 1024;

/**
 * What in the scripts that are about to run somebody should look at.
 *
 * @param warningsOf the warnings that a dry run got for the statements of one script; see `CheckOptions.warnings`
 */
export async function checkPending(
  migrations: readonly Migration[],
  options: Omit<CheckOptions, 'warnings'>,
  warningsOf: (migration: Migration) => NonNullable<CheckOptions['warnings']>,
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

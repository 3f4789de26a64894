import { refused } from '../../core/errors.ts';
import { positionOf } from '../../sql/lexer.ts';
import { followSqlMode, initialModeState } from '../../sql/sql-mode.ts';
import type { Statement } from '../../sql/statement.ts';
import { allowComments, applyAllows } from './allow.ts';
import { mayNeverRun, severities, type Finding } from './finding.ts';
import { definers, dynamicSql, zeroDates } from './reading/literals.ts';
import { createReach, type StatementReach } from './reading/reach.ts';
import { readStatement, type StatementReading } from './reading/reading.ts';
import {
  foundAt,
  remember,
  type CheckOptions,
  type Hit,
  type KnownSchema,
  type ScriptRule,
  type UnitRule,
} from './rule.ts';
import { columnChanges } from './rules/columns.ts';
import { dataLoss } from './rules/data-loss.ts';
import { flavourSyntax } from './rules/flavours.ts';
import { primaryKeyRule } from './rules/primary-key.ts';
import { globalSettings, sessionRule } from './rules/session.ts';
import { mixedRule, severalAltersRule } from './rules/shape.ts';
import { tableChanges } from './rules/table-changes.ts';
import { lockRule, transactionRule } from './rules/transactions.ts';
import { withoutWhere } from './rules/where.ts';
import { withoutRows } from './rules/without-rows.ts';

/** A script to check: its text with LF line ends and without BOM, and the statements that it was split into. */
export interface CheckedScript {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Statement[];
}

const unitRules: readonly UnitRule[] = [
  dataLoss,
  withoutWhere,
  columnChanges,
  tableChanges,
  dynamicSql,
  globalSettings,
];

/**
 * What in a script somebody should look at, from its text alone: in the order of the statements. Pure.
 *
 * Statements are read as tokens: what stands in strings, comments and quoted names is never taken for SQL, while the
 * content of versioned comments is. Of what a routine, trigger or event will do when it is called only that is looked at
 * which no script may do (`createReach`).
 */
export function checkScript(script: CheckedScript, options: CheckOptions = {}): Finding[] {
  const findings: Finding[] = [];
  const rules = scriptRules();
  const reach = createReach(options);
  let modes = initialModeState(options.sqlMode);
  let known: KnownSchema = { tables: new Set(), columns: new Set() };
  for (const statement of script.statements) {
    const reading = readStatement(statement, modes.mode);
    for (const found of foundIn(reading, rules, known, reach, options))
      findings.push(findingOf(script.file, statement, found));
    const warned = options.warnings?.get(statement.number) ?? [];
    if (warned.length > 0)
      findings.push(
        findingOf(script.file, statement, {
          ...foundAt('server-warning', undefined),
          detail: warned.join(', '),
        }),
      );
    for (const unit of reading.units) known = remember(known, unit);
    modes = followSqlMode(modes, statement.text);
  }
  for (const rule of rules)
    for (const { statement, ...found } of rule.end?.() ?? [])
      findings.push(findingOf(script.file, statement, found));
  const notLookedFor = options.warnings === undefined ? (['server-warning'] as const) : [];
  return applyAllows(script.file, findings, allowComments(script, options.sqlMode), notLookedFor);
}

const scriptRules = (): ScriptRule[] => [
  transactionRule(),
  lockRule(),
  sessionRule(),
  primaryKeyRule(),
  mixedRule(),
  severalAltersRule(),
];

function* foundIn(
  reading: StatementReading,
  rules: readonly ScriptRule[],
  known: KnownSchema,
  reach: StatementReach,
  options: CheckOptions,
): Generator<Hit, void> {
  for (const unit of reading.units) {
    for (const rule of unitRules) yield* rule(unit, known);
    yield* flavourSyntax(unit, options);
  }
  yield* reach(reading);
  yield* zeroDates(reading.tokens);
  yield* definers(reading.tokens);
  for (const rule of rules) yield* rule.read(reading, known);
}

function findingOf(file: string, statement: Statement, { start, ...found }: Hit): Finding {
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

/** Looks at the statements of one script, one after the other. */
export type DatabaseGuard = (statement: Statement) => void;

/**
 * Refuses a script that reaches another database than the live one, or the server: on the copy of a dry run it would fail
 * or, worse, on the live server it would change what no backup holds. No comment in the script allows it, and what
 * `checkScript` says cannot be allowed is what this refuses: both ask `createReach`.
 *
 * @throws MajError (the guard) `migration-other-database`, `migration-drops-database`, `migration-server-wide`, naming
 *   file, line and column
 */
export function createDatabaseGuard(
  file: string,
  options: { readonly database: string; readonly sqlMode?: string | undefined },
): DatabaseGuard {
  const reach = createReach(options);
  let modes = initialModeState(options.sqlMode);
  return (statement) => {
    const read = { ...statement, text: withoutRows(statement.text, modes.mode) };
    for (const found of reach(readStatement(read, modes.mode))) {
      if (!mayNeverRun(found.code)) continue;
      const { line, column } = findingOf(file, statement, found);
      throw refused(refusals[found.code], {
        file,
        line,
        column,
        named: found.object ?? '',
        database: options.database,
      });
    }
    modes = followSqlMode(modes, statement.text);
  };
}

const refusals = {
  'other-database': 'migration-other-database',
  'drop-database': 'migration-drops-database',
  'server-wide': 'migration-server-wide',
} as const;

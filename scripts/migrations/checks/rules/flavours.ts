import type { SqlToken } from '../../../sql/lexer.ts';
import { traits, type Flavour } from '../../../sql/flavour.ts';
import { alterOf } from '../reading/alter.ts';
import { Cursor, outsideBrackets } from '../reading/cursor.ts';
import { foundAt, rule, type CheckOptions, type Hit } from '../rule.ts';

const findings = {
  'flavour-syntax': 'warning',
} as const;
type Found = Hit<keyof typeof findings>;

interface Construct {
  readonly of: Flavour;
  readonly detail: string;
  readonly at: SqlToken | undefined;
}

/**
 * Syntax that only one of the two families of servers understands (tried on MariaDB 10.11 and 11.8 and on MySQL 9.7). In
 * a versioned comment the script has seen to that itself.
 */
export const flavourSyntax = rule(findings, (options) => ({ unit: (unit) => ofOneFlavour(unit, options) }));

function* ofOneFlavour(
  unit: readonly SqlToken[],
  { flavour }: Pick<CheckOptions, 'flavour'>,
): Generator<Found, void> {
  const bare = unit.filter(({ versioned }) => !versioned);
  for (const { of, detail, at } of [...mariadbOnly(bare), ...mysqlOnly(bare)])
    if (of !== flavour && at !== undefined)
      yield foundAt('flavour-syntax', at, { object: traits.name[of], detail });
}

function* mariadbOnly(unit: readonly SqlToken[]): Generator<Construct, void> {
  const of = 'mariadb';
  const [first, second, third] = unit.map(({ keyword }) => keyword);
  const exists = new Cursor(unit.slice(2));
  if ((first === 'CREATE' || first === 'DROP') && second === 'INDEX' && exists.takeExistence())
    yield { of, detail: `${first} INDEX IF …`, at: unit[2] };
  if (first === 'CREATE' && second === 'OR' && third === 'REPLACE' && unit[3]?.keyword === 'TABLE')
    yield { of, detail: 'CREATE OR REPLACE TABLE', at: unit[1] };
  if (first === 'CREATE' && second === 'SEQUENCE') yield { of, detail: 'CREATE SEQUENCE', at: unit[1] };
  if (first === 'ALTER' && second === 'TABLE' && third === 'IF')
    yield { of, detail: 'ALTER TABLE IF EXISTS', at: unit[2] };
  for (const { tokens: clause } of alterOf(unit)?.clauses ?? []) {
    const at = outsideBrackets(clause.slice(0, 5)).find(
      ({ keyword }, index, tokens) =>
        keyword === 'IF' && ['EXISTS', 'NOT'].includes(tokens[index + 1]?.keyword ?? ''),
    );
    yield { of, detail: `${clause[0]?.keyword ?? ''} … IF`, at };
  }
  const returns = first === 'INSERT' || first === 'REPLACE' || first === 'DELETE';
  if (returns)
    yield {
      of,
      detail: 'RETURNING',
      at: outsideBrackets(unit).find(({ keyword }) => keyword === 'RETURNING'),
    };
}

function* mysqlOnly(unit: readonly SqlToken[]): Generator<Construct, void> {
  const of = 'mysql';
  const arrow = unit.find(
    ({ keyword, start }, index) =>
      keyword === '-' &&
      unit[index + 1]?.keyword === '>' &&
      unit[index + 1]?.start === start + 1 &&
      (unit[index + 2]?.kind === 'string' || unit[index + 3]?.kind === 'string'),
  );
  yield { of, detail: '->', at: arrow };
  const persist =
    unit[0]?.keyword === 'SET'
      ? unit.find(({ keyword }) => keyword === 'PERSIST' || keyword === 'PERSIST_ONLY')
      : undefined;
  yield { of, detail: 'SET PERSIST', at: persist };
  const values = unit.findIndex(
    ({ keyword }, index) => keyword === 'VALUES' && unit[index + 1]?.keyword === 'ROW',
  );
  yield { of, detail: 'VALUES ROW( … )', at: unit[values] };
  const isIndex = unit[0]?.keyword === 'ALTER' || unit[0]?.keyword === 'CREATE';
  const invisible = isIndex ? invisibleIndex(unit) : undefined;
  yield { of, detail: 'INVISIBLE', at: invisible };
}

/** MariaDB has invisible columns, but no invisible indexes (there it is IGNORED). */
function invisibleIndex(unit: readonly SqlToken[]): SqlToken | undefined {
  const words = outsideBrackets(unit);
  const at = words.findIndex(({ keyword }) => keyword === 'INVISIBLE');
  const before = words.slice(0, Math.max(at, 0)).map(({ keyword }) => keyword);
  const clause = before.slice(before.lastIndexOf(',') + 1);
  return clause.includes('INDEX') ? words[at] : undefined;
}

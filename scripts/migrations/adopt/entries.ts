import { isScriptVersion } from '../script-names.ts';
import { programs, type Shape, type ShapeName, type Table } from './shapes.ts';

/** A row of another program's record: every column as text, and `momentColumn`. */
export type RawRow = Readonly<Record<string, string | null>>;

/** Seconds since 1970, where the server itself wrote the time: no time zone can bend it. */
export const momentColumn = 'maj_moment';

/** A migration that another program has applied. */
export interface ForeignEntry {
  /** As its table names it. */
  readonly text: string;
  /** The version of the file of ours that it would be; undefined: none of ours could have it. */
  readonly version: string | undefined;
  /** Its names, without version. */
  readonly words: readonly string[];
  /** Known only where the server wrote it: see `Column.serverTime`. */
  readonly finishedAt: Date | undefined;
  /** What the table has as its time, where nothing tells in which time zone. */
  readonly timeText: string | undefined;
  readonly durationMs: number | undefined;
  readonly by: string | undefined;
}

/** Why a record cannot be adopted as it is. */
export type LedgerProblem =
  | { readonly kind: 'failed' | 'unfinished' | 'dirty'; readonly entry: string }
  | { readonly kind: 'several-current'; readonly entries: readonly string[] }
  | { readonly kind: 'not-a-number'; readonly entry: string };

/** What another program's record says. */
export interface ForeignLedger {
  readonly table: string;
  readonly shape: ShapeName;
  readonly program: string;
  readonly entries: readonly ForeignEntry[];
  /** Everything up to this version is applied, whether it has an entry or not. */
  readonly upTo: { readonly text: string; readonly version: string } | undefined;
  /** Rows that are no migration with a version. */
  readonly leftOut: readonly string[];
  readonly problems: readonly LedgerProblem[];
}

type Findings = Omit<ForeignLedger, 'table' | 'shape' | 'program'>;

const nothing: Findings = { entries: [], upTo: undefined, leftOut: [], problems: [] };

/** Reads the rows of a record by its shape. Pure. */
export function readEntries(
  { table, shape }: { readonly table: Pick<Table, 'name'>; readonly shape: Shape },
  rows: readonly RawRow[],
): ForeignLedger {
  const named = { table: table.name, shape: shape.name, program: programs[shape.name] };
  return { ...named, ...findings(shape, rows) };
}

function findings(shape: Shape, rows: readonly RawRow[]): Findings {
  const entries = rows.map((row) => entryOf(shape, row));
  switch (shape.name) {
    case 'golang-migrate':
      return currentOf(rows);
    case 'flyway':
      return flywayOf(shape, rows);
    case 'phinx': {
      const open = rows.filter((row) => (row['end_time'] ?? null) === null);
      const problems = open.map((row) => ({ kind: 'unfinished', entry: entryOf(shape, row).text }) as const);
      return { ...nothing, entries, problems };
    }
    case 'laravel':
    case 'dbmate':
    case 'plain':
      return { ...nothing, entries };
  }
}

/** golang-migrate keeps one row: the version that the database is at; -1, or no row, is before the first. */
function currentOf(rows: readonly RawRow[]): Findings {
  const versions = rows.map((row) => row['version'] ?? '');
  const [version] = versions;
  if (version === undefined) return nothing;
  if (versions.length > 1) return { ...nothing, problems: [{ kind: 'several-current', entries: versions }] };
  if (Number(rows[0]?.['dirty']) !== 0) return { ...nothing, problems: [{ kind: 'dirty', entry: version }] };
  return version.startsWith('-') ? nothing : { ...nothing, ...upToOf(version) };
}

function upToOf(version: string): Pick<Findings, 'upTo' | 'problems'> {
  const parsed = parseName(version);
  return parsed.version === undefined
    ? { upTo: undefined, problems: [{ kind: 'not-a-number', entry: version }] }
    : { upTo: { text: version, version: parsed.version }, problems: [] };
}

/** Flyway's rows are a history: what was undone or deleted later does not count. */
function flywayOf(shape: Shape, rows: readonly RawRow[]): Findings {
  const entries = new Map<string, ForeignEntry>();
  const leftOut: string[] = [];
  const problems: LedgerProblem[] = [];
  let upTo: Findings['upTo'];
  for (const row of [...rows].sort((a, b) => Number(a['installed_rank']) - Number(b['installed_rank']))) {
    const entry = entryOf(shape, row);
    const version = row['version'] ?? undefined;
    const type = (row['type'] ?? '').toUpperCase();
    if (Number(row['success']) === 0) problems.push({ kind: 'failed', entry: entry.text });
    else if (version === undefined) leftOut.push(entry.text);
    else if (type.startsWith('UNDO') || type === 'DELETE') entries.delete(version);
    else if (type.endsWith('BASELINE')) {
      const found = upToOf(version);
      upTo = found.upTo;
      problems.push(...found.problems);
    } else entries.set(version, entry);
  }
  return { entries: [...entries.values()], upTo, leftOut, problems };
}

function entryOf(shape: Shape, row: RawRow): ForeignEntry {
  const version = row[shape.version] ?? '';
  const parsed = parseName(version);
  const told = shape.words === undefined ? undefined : (row[shape.words] ?? undefined);
  const script = shape.name === 'flyway' ? wordsOfFlywayScript(row['script'] ?? '') : undefined;
  const words = [told === undefined ? undefined : (parseName(told).words ?? told), script, parsed.words];
  const moment = Number(row[momentColumn] ?? 0);
  return {
    text: [version, told].filter((part) => part !== undefined && part !== '').join(' '),
    version: parsed.version,
    words: [...new Set(words.filter((word) => word !== undefined))],
    finishedAt: moment > 0 ? new Date(Math.round(moment * 1000)) : undefined,
    timeText: moment > 0 || shape.at === undefined ? undefined : (row[shape.at.name] ?? undefined),
    durationMs: shape.name === 'flyway' ? Number(row['execution_time'] ?? 0) : undefined,
    by: shape.by === undefined ? undefined : (row[shape.by] ?? undefined),
  };
}

/** What a migration's name or version says, as another program wrote it. */
export interface ParsedName {
  /** The version that one of our files would have; undefined: none of ours could. */
  readonly version: string | undefined;
  /** What follows it. */
  readonly words: string | undefined;
}

/** Laravel's: `2014_10_12_000000_create_users_table`. */
const dated = /^(\d{4})_(\d{2})_(\d{2})_(\d{6})(?:_(.+))?$/s;
/** `7`, `007`, `20190101120000_create_users`. */
const numbered = /^(\d+)(?:[_-]+(.+))?$/s;

/**
 * Takes a name apart into version and words: Laravel's date is 20141012000000. `1.2` and `1_2` are versions as a whole:
 * neither 1 nor 12 would be right. Pure.
 */
export function parseName(text: string): ParsedName {
  const bare = text.trim().replace(/\.(?:sql|php|js|ts|rb)$/i, '');
  const date = dated.exec(bare);
  if (date !== null) return { version: date.slice(1, 5).join(''), words: date[5] };
  if (isScriptVersion(bare)) return { version: bare, words: /^\d+$/.test(bare) ? undefined : bare };
  const plain = numbered.exec(bare);
  const version = plain?.[1] ?? '';
  if (!isScriptVersion(version) || /^[\d._]+$/.test(plain?.[2] ?? ''))
    return { version: undefined, words: bare };
  return { version, words: plain?.[2] };
}

/** `V1_2__create_users.sql`: what Flyway's file names hold behind the two underlines. */
export const wordsOfFlywayScript = (script: string): string | undefined =>
  /^[^/\\]*?__(.+?)(?:\.sql)?$/i.exec(script.replace(/^.*[/\\]/, ''))?.[1];

/** Words as they are compared: `CreateUsers`, `create users` and `create_users` are the same. */
export const sameWords = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** A column of a table that may be another program's record of migrations. */
interface Column {
  /** In lower case. */
  readonly name: string;
  /** `varchar`, `bigint`, as information_schema has it. */
  readonly type: string;
  /** The server itself writes the present into it: then it is a moment, whatever the program's time zone. */
  readonly serverTime: boolean;
}

/** A table of the live database. */
export interface Table {
  readonly name: string;
  readonly base: boolean;
  readonly columns: readonly Column[];
}

/** The forms of records that are known. */
export type ShapeName = 'flyway' | 'phinx' | 'golang-migrate' | 'laravel' | 'dbmate' | 'plain';

/** Which column says what; undefined: none does. */
export interface Shape {
  readonly name: ShapeName;
  readonly version: string;
  readonly words: string | undefined;
  readonly at: Column | undefined;
  readonly by: string | undefined;
}

/** The program that leaves a shape, for people; dbmate's and Rails' cannot be told apart. */
export const programs: Readonly<Record<ShapeName, string>> = {
  flyway: 'Flyway',
  phinx: 'Phinx',
  'golang-migrate': 'golang-migrate',
  laravel: 'Laravel',
  dbmate: 'dbmate or Rails',
  plain: 'another program',
};

/** The columns of every shape, for an error that says what is known. */
export const knownShapes: readonly string[] = [
  'dbmate, Rails: version',
  'golang-migrate: version, dirty',
  'Flyway: installed_rank, version, description, type, script, installed_on, success',
  'Laravel: id, migration, batch',
  'Phinx: version, migration_name, start_time, end_time',
  'any other: version, with a name, a time, a user or a checksum beside it',
];

const wordColumns = ['name', 'description', 'migration', 'migration_name', 'script', 'filename', 'file'];
const timeColumns = [
  'applied_at',
  'applied_on',
  'executed_at',
  'installed_at',
  'installed_on',
  'migrated_at',
  'run_at',
  'finished_at',
  'created_at',
  'created',
  'timestamp',
];
const byColumns = ['applied_by', 'executed_by', 'installed_by'];
const silentColumns = ['id', 'batch', 'checksum', 'hash', 'execution_time', 'duration', 'duration_ms'];
/** What a table of versions may have beside them. Anything else (`status`, `success`) may say that one failed. */
const harmless = new Set(['version', ...wordColumns, ...timeColumns, ...byColumns, ...silentColumns]);

const textTypes = new Set(['char', 'varchar', 'tinytext', 'text', 'varbinary', 'binary']);

/** Which program's record a table is, by its columns; undefined: none that is known. Pure. */
export function recognise(table: Table): Shape | undefined {
  if (!table.base) return undefined;
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  const has = (...names: readonly string[]): boolean => names.every((name) => columns.has(name));
  const only = (...names: readonly string[]): boolean => columns.size === names.length && has(...names);
  const shape = (name: ShapeName, version: string, more: Partial<Shape> = {}): Shape => ({
    words: undefined,
    at: undefined,
    by: undefined,
    ...more,
    name,
    version,
  });
  if (has('installed_rank', 'version', 'description', 'type', 'script', 'installed_on', 'success'))
    return shape('flyway', 'version', {
      words: 'description',
      at: columns.get('installed_on'),
      by: has('installed_by') ? 'installed_by' : undefined,
    });
  if (has('version', 'migration_name', 'start_time', 'end_time'))
    return shape('phinx', 'version', { words: 'migration_name', at: programsTime(columns.get('end_time')) });
  if (only('version', 'dirty')) return shape('golang-migrate', 'version');
  if (only('id', 'migration', 'batch')) return shape('laravel', 'migration');
  const version = columns.get('version');
  if (version === undefined || [...columns.keys()].some((name) => !harmless.has(name))) return undefined;
  // The names that both programs give it: then it is a list, and never one current version.
  if (only('version') && table.name === 'schema_migrations' && textTypes.has(version.type))
    return shape('dbmate', 'version');
  return shape('plain', 'version', {
    words: wordColumns.find((name) => has(name)),
    at: timeColumns.map((name) => columns.get(name)).find((column) => column !== undefined),
    by: byColumns.find((name) => has(name)),
  });
}

/** Phinx writes its own clock's time, in PHP's time zone, over whatever the server would put there. */
const programsTime = (column: Column | undefined): Column | undefined =>
  column === undefined ? undefined : { ...column, serverTime: false };

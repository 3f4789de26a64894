import { createHash } from 'node:crypto';
import { refused } from '../core/errors.ts';
import { quoteName } from '../sql/quote.ts';
import { canonicalTable, withoutQualifier, withoutDefiner } from './definition-texts.ts';
import { readInventory, type Inventory } from './inventory.ts';
import type { Row, Session } from './session/session.ts';

/** Everything in a database, by definition. */
export interface Schema {
  /** 64 hexadecimal digits: two databases with the same ones have the same schema. */
  readonly fingerprint: string;
  /** The same of the tables alone. */
  readonly tables: string;
  /** The same of everything, whoever made it: what a migration makes on a copy has another account's name on it. */
  readonly unowned: string;
  /** The text of each object, by its kind and name: `table users`. */
  readonly definitions: ReadonlyMap<string, string>;
}

/**
 * Reads the definitions of everything in a database, whatever rows it holds and wherever their AUTO_INCREMENT stands.
 *
 * @throws MajError `definition-hidden` when this user may not see the text of a routine
 */
export async function readSchema(session: Session, database: string): Promise<Schema> {
  const inventory = await readInventory(session, database);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([inventory.charset, inventory.collation]));
  const tables = createHash('sha256');
  const unowned = createHash('sha256');
  const texts = new Map<string, string>();
  for await (const definition of definitions(session, database, inventory)) {
    hash.update(`\n${JSON.stringify(definition)}`);
    const [kind, name, ...text] = definition;
    if (kind === 'table') tables.update(`\n${JSON.stringify(definition)}`);
    unowned.update(`\n${JSON.stringify(withoutOwner(definition))}`);
    texts.set(`${kind ?? ''} ${name ?? ''}`, text.join('\n'));
  }
  return {
    fingerprint: hash.digest('hex'),
    tables: tables.digest('hex'),
    unowned: unowned.digest('hex'),
    definitions: texts,
  };
}

/**
 * A hash over the definitions of everything in a database; see `readSchema`.
 *
 * @returns 64 hexadecimal digits
 * @throws MajError `definition-hidden` when this user may not see the text of a routine
 */
export const schemaFingerprint = async (session: Session, database: string): Promise<string> =>
  (await readSchema(session, database)).fingerprint;

type Definition = readonly (string | null)[];

/** Where the definer stands in a definition that is no text of CREATE. */
const definerAt: Readonly<Record<string, number>> = { trigger: 8, event: 10 };

function withoutOwner(definition: Definition): Definition {
  const at = definerAt[definition[0] ?? ''];
  if (at !== undefined) return definition.toSpliced(at, 1);
  return definition.map((text) => (text === null ? null : withoutDefiner(text)));
}

async function* definitions(
  session: Session,
  database: string,
  inventory: Inventory,
): AsyncGenerator<Definition> {
  const show = async (kind: string, name: string): Promise<Row> => {
    const [row = {}] = await session.rows(`SHOW CREATE ${kind} ${quoteName(database)}.${quoteName(name)}`);
    return row;
  };
  for (const { name } of inventory.tables) {
    yield ['table', name, canonicalTable(await shown(show, 'TABLE', name, 'Create Table'))];
  }
  for (const name of inventory.sequences)
    yield ['sequence', name, await shown(show, 'SEQUENCE', name, 'Create Table')];
  for (const name of inventory.views) {
    const text = await shown(show, 'VIEW', name, 'Create View');
    // Otherwise it would depend on the database that the session is in, and on whether the definer is there.
    yield ['view', name, withoutQualifier(text, quoteName(database))];
  }
  for (const { name, kind } of inventory.routines)
    yield ['routine', ...routineOf(kind, name, await show(kind, name))];
  yield* rowsOf('trigger', await session.rows(triggersSql, [database]));
  yield* rowsOf('event', await session.rows(eventsSql, [database]));
}

/** Not the time that it was created at; its place among the triggers of the same table and moment. */
const triggersSql = `
  SELECT TRIGGER_NAME AS a, EVENT_OBJECT_TABLE AS b, ACTION_TIMING AS c, EVENT_MANIPULATION AS d, ACTION_ORDER AS e,
    ACTION_STATEMENT AS f, SQL_MODE AS g, DEFINER AS h, CHARACTER_SET_CLIENT AS i, COLLATION_CONNECTION AS j
  FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? ORDER BY BINARY TRIGGER_NAME`;

/** Not when it starts: a server writes the time of the CREATE there, another one on each server. */
const eventsSql = `
  SELECT EVENT_NAME AS a, EVENT_TYPE AS b, INTERVAL_VALUE AS c, INTERVAL_FIELD AS d, STATUS AS e, ON_COMPLETION AS f,
    EVENT_DEFINITION AS g, SQL_MODE AS h, TIME_ZONE AS i, DEFINER AS j, EVENT_COMMENT AS k
  FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY BINARY EVENT_NAME`;

function* rowsOf(kind: string, rows: readonly Row[]): Generator<Definition> {
  for (const row of rows) yield [kind, ...Object.values(row).map(asText)];
}

async function shown(
  show: (kind: string, name: string) => Promise<Row>,
  kind: string,
  name: string,
  column: string,
): Promise<string> {
  const text = (await show(kind, name))[column];
  if (typeof text !== 'string') throw refused('definition-hidden', { kind, name });
  return text;
}

/** The column of the text is named after the kind: `Create Procedure`, `Create Package Body`. */
function routineOf(kind: string, name: string, row: Row): Definition {
  const column = Object.keys(row).find((key) => key.startsWith('Create '));
  const text = column === undefined ? undefined : row[column];
  if (typeof text !== 'string') throw refused('definition-hidden', { kind, name });
  const settings = ['sql_mode', 'character_set_client', 'collation_connection', 'Database Collation'];
  return [kind, name, text, ...settings.map((key) => asText(row[key]))];
}

const asText = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;

import { join } from 'node:path';
import * as v from 'valibot';
import { stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { liveDatabase } from '../database/identity.ts';
import { addressOf, targetFromConfig } from '../database/target.ts';
import { whose, type DatabaseIdentity } from '../database/whose.ts';
import { statementEvidenceSchema } from '../migrations/evidence.ts';
import { placeholdersText } from '../migrations/placeholders.ts';
import { makeStateFolder } from '../own-folders.ts';
import { namesIn, readIfThere, writeDurably } from '../system/files.ts';

const scriptSchema = v.object({ version: v.string(), name: v.string(), checksum: v.string() });

const databaseSchema = v.object({
  name: v.string(),
  /** `host:port`, or the path of a socket. */
  address: v.string(),
  /** What its server says of itself; receipts of the first days do not tell. */
  server: v.optional(v.string()),
  /** DB_SQL_MODE; null: the server's own. */
  sqlMode: v.nullable(v.string()),
  /** What MIGRATIONS_PLACEHOLDERS and MIGRATIONS_AFTER_EACH were; not given, or empty: not set. */
  placeholders: v.optional(v.string()),
  afterEach: v.optional(v.string()),
});

const receiptSchema = v.object({
  format: v.literal(1),
  id: v.string(),
  createdAt: v.string(),
  result: v.picklist(['passed', 'failed']),
  /** Why it failed, in the words of the error. */
  failure: v.nullable(v.string()),
  backup: v.string(),
  /** Of the backup's dump, see `dumpSum`: which rows were met. */
  dumpSha256: v.string(),
  /** Whose backup it was; receipts of the first days do not tell, and cover no upgrade any more. */
  database: v.optional(databaseSchema),
  server: v.object({ flavour: v.picklist(['mariadb', 'mysql']), version: v.string() }),
  /** The version of the throwaway server; production's may differ. */
  rehearsedOn: v.string(),
  /** Every script of the folder, applied or not, in order. */
  scripts: v.array(scriptSchema),
  /** The versions of those that were pending, and ran. */
  pending: v.array(v.string()),
  /** Fingerprints of the live schema when the backup was taken, and of the copy's after them. */
  schemaBefore: v.string(),
  schemaAfter: v.nullable(v.string()),
  /** Of each statement that commits by itself: by what a crash is settled later. */
  evidence: v.optional(v.array(statementEvidenceSchema), []),
  durationMs: v.object({
    backup: v.number(),
    proof: v.number(),
    /** The whole dry run. */
    migrations: v.number(),
    /** The scripts by themselves, without what the dry run looks at beside them. */
    scripts: v.optional(v.number()),
  }),
});

/** What was rehearsed, on which backup, and how it went: without one neither a push nor an upgrade proceeds. */
export type Receipt = v.InferOutput<typeof receiptSchema>;

/** The database that was rehearsed, and how scripts are run on it. */
export type RehearsedDatabase = v.InferOutput<typeof databaseSchema>;

/** The settings that make of a script what is run. */
export type RunSettings = Pick<RehearsedDatabase, 'sqlMode' | 'placeholders' | 'afterEach'>;

/** The settings that make of a script what is run, as a receipt names them. Pure. */
export const runSettings = (config: Context['config']): RunSettings => ({
  sqlMode: config.DB_SQL_MODE ?? null,
  placeholders: placeholdersText(config.MIGRATIONS_PLACEHOLDERS),
  afterEach: config.MIGRATIONS_AFTER_EACH ?? '',
});

/** The database of the settings, as a receipt names it. */
export async function rehearsedDatabase(
  context: Pick<Context, 'config' | 'projectDir' | 'signal'>,
): Promise<RehearsedDatabase> {
  const target = targetFromConfig(context);
  const server = (await liveDatabase(context))?.server;
  return {
    name: target.database,
    address: addressOf(target),
    ...(server === undefined ? {} : { server }),
    ...runSettings(context.config),
  };
}

/** The receipts of one database; those of the first days, which do not tell, are among them. */
export const receiptsOf = (live: DatabaseIdentity | undefined, receipts: readonly Receipt[]): Receipt[] =>
  receipts.filter(
    ({ database }) => live === undefined || database === undefined || whose(database, live) === 'own',
  );

/** A migration script, as far as a receipt knows it. */
export type ReceiptScript = Readonly<v.InferOutput<typeof scriptSchema>>;

const receiptsDir = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'receipts');

/** Keeps a receipt in `.maj/receipts/`. */
export async function writeReceipt(context: Pick<Context, 'projectDir'>, receipt: Receipt): Promise<void> {
  const folder = receiptsDir(context);
  await makeStateFolder(context, folder);
  await writeDurably(join(folder, `${receipt.id}.json`), `${JSON.stringify(receipt, null, 2)}\n`);
}

/** The receipts there are, newest first; a file that is none is left out. */
export async function readReceipts(context: Pick<Context, 'projectDir'>): Promise<Receipt[]> {
  const folder = receiptsDir(context);
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.json'));
  const receipts: Receipt[] = [];
  for (const name of names) {
    const text = (await readIfThere(join(folder, name))) ?? '';
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), receiptSchema), text);
    if (parsed.success) receipts.push(parsed.output);
  }
  return receipts.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

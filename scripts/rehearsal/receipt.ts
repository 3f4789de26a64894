import { join } from 'node:path';
import * as v from 'valibot';
import { openSealed, sealedJson } from '../backup/manifest.ts';
import { makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import type { Schema } from '../database/fingerprint.ts';
import { ownershipOf, type DatabaseIdentity } from '../database/same-database.ts';
import { placeholdersText } from '../migrations/placeholders.ts';
import { statementEvidenceSchema } from '../migrations/run/evidence.ts';
import { flavours } from '../sql/flavour.ts';
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
  /** One more than that of the receipt before: in which order they were made, whatever a clock said. */
  number: v.optional(v.number(), 0),
  createdAt: v.string(),
  result: v.picklist(['passed', 'failed']),
  /** Why it failed, in the words of the error. */
  failure: v.nullable(v.string()),
  backup: v.string(),
  /** When the backup was taken, and when it was proven, for whoever has no backups; older receipts do not tell. */
  backupCreatedAt: v.optional(v.string()),
  backupProvenAt: v.optional(v.string()),
  /** Of the backup's dump, see `dumpSum`: which rows were met. */
  dumpSha256: v.string(),
  /** Bytes of it; receipts of the first days do not tell. */
  dumpBytes: v.optional(v.number()),
  /** Whose backup it was; receipts of the first days do not tell, and cover no upgrade any more. */
  database: v.optional(databaseSchema),
  server: v.object({ flavour: v.picklist(flavours), version: v.string() }),
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

/** The receipts of one database; where the settings name none, all there are. */
export const receiptsOf = (live: DatabaseIdentity | undefined, receipts: readonly Receipt[]): Receipt[] =>
  receipts.filter(
    ({ database }) => live === undefined || (database !== undefined && ownershipOf(database, live) === 'own'),
  );

/** A migration script, as far as a receipt knows it. */
export type ReceiptScript = Readonly<v.InferOutput<typeof scriptSchema>>;

const receiptsDir = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'receipts');

/** Where a receipt is kept. */
export const receiptPath = (context: Pick<Context, 'projectDir'>, id: string): string =>
  join(receiptsDir(context), `${id}.json`);

/** Reads a receipt; undefined when it is none, or not as it was written. */
export const parseReceipt = (text: string): Receipt | undefined => openSealed(receiptSchema, text);

/** Keeps a receipt in `.maj/receipts/`, as the newest; what is kept. */
export async function writeReceipt(
  context: Pick<Context, 'projectDir'>,
  draft: Omit<Receipt, 'number'>,
): Promise<Receipt> {
  const folder = receiptsDir(context);
  const [newest] = await readReceipts(context);
  const receipt = { ...draft, number: (newest?.number ?? 0) + 1 };
  await makeStateFolder(context, folder);
  await writeDurably(receiptPath(context, receipt.id), sealedJson(receipt));
  return receipt;
}

/** The receipts there are, newest first; a file that is none, or not as it was written, is left out. */
export async function readReceipts(context: Pick<Context, 'projectDir'>): Promise<Receipt[]> {
  const folder = receiptsDir(context);
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.json'));
  const receipts: Receipt[] = [];
  for (const name of names) {
    const receipt = parseReceipt((await readIfThere(join(folder, name))) ?? '');
    if (receipt !== undefined) receipts.push(receipt);
  }
  return receipts.sort((a, b) => b.number - a.number || (a.createdAt < b.createdAt ? 1 : -1));
}

/** What of a live schema is compared with what a rehearsal saw. */
export type LiveSchema = Pick<Schema, 'fingerprint' | 'tables'>;

/** What an upgrade is about to do, and on what. */
export interface CoverFacts {
  /** Newest first. */
  readonly receipts: readonly Receipt[];
  /** Every script of the folder that will be used, in order. */
  readonly scripts: readonly ReceiptScript[];
  /** The versions that are to run on the live database. */
  readonly pending: readonly string[];
  /** Of those that are pending, only the first are to run. */
  readonly partly?: boolean;
  /** The live schema now. */
  readonly schema: LiveSchema;
  readonly server: Receipt['server'];
  readonly database: RehearsedDatabase;
  /** The proven backups that are there; `createdAt` in ISO 8601. */
  readonly provenBackups: readonly { readonly id: string; readonly createdAt: string }[];
  readonly now: Date;
  readonly maxAgeMs: number;
}

/**
 * The receipt that covers exactly what is about to be done; undefined: it has to be rehearsed. What has failed since one
 * passed may fail on the rows that there are now. Pure.
 */
export function coveringReceipt(facts: CoverFacts): Receipt | undefined {
  if (hasFailedSince(facts)) return undefined;
  return facts.receipts.find(
    (receipt) =>
      isSound(receipt, facts) &&
      receipt.schemaBefore === facts.schema.fingerprint &&
      sameTexts(
        facts.partly === true ? receipt.pending.slice(0, facts.pending.length) : receipt.pending,
        facts.pending,
      ),
  );
}

/**
 * The receipt of the rehearsal that a run which stopped half-way had followed so far, to the statement: what is left of
 * it was rehearsed as well. It may have come no further than to make the ledger. Undefined: what is left has to be rehearsed
 * by itself. Pure.
 *
 * @param done statements that are done of the first pending script
 */
export function receiptOfRest(facts: CoverFacts, done: number): Receipt | undefined {
  const { pending } = facts;
  const [first] = pending;
  if (first === undefined || hasFailedSince(facts)) return undefined;
  return facts.receipts.find((receipt) => {
    const rest = receipt.pending.slice(Math.max(receipt.pending.indexOf(first), 0));
    return (
      isSound(receipt, facts) &&
      sameTexts(facts.partly === true ? rest.slice(0, pending.length) : rest, pending) &&
      isWhereRehearsed(receipt, first, done, facts.schema)
    );
  });
}

/**
 * Whether the live schema is where a rehearsal was when a run stopped here: after the last statement that is done, by the
 * tables (definers of views on a copy that another account migrates are others); before the first one as a whole, with
 * the ledger that it makes or without. Pure.
 *
 * @param next the version of the first script that is still to run; undefined: all of them have
 * @param done statements that are done of it
 */
export function isWhereRehearsed(
  receipt: Pick<Receipt, 'pending' | 'evidence' | 'schemaBefore'>,
  next: string | undefined,
  done: number,
  live: LiveSchema,
): boolean {
  const at = next === undefined ? receipt.pending.length : receipt.pending.indexOf(next);
  const ran = receipt.pending.slice(0, Math.max(at, 0));
  const passed = receipt.evidence.filter(
    ({ version, number }) => ran.includes(version) || (version === next && number <= done),
  );
  const last = passed.at(-1);
  if (last?.tablesAfter !== undefined) return last.tablesAfter === live.tables;
  if (last !== undefined) return last.after === live.fingerprint;
  return [receipt.schemaBefore, receipt.evidence[0]?.before].includes(live.fingerprint);
}

/** Whether the newest rehearsal of these scripts on this schema failed. */
const hasFailedSince = (facts: CoverFacts): boolean =>
  facts.receipts.find(
    (receipt) => isAlike(receipt, facts) && receipt.schemaBefore === facts.schema.fingerprint,
  )?.result === 'failed';

/** Whether a rehearsal passed with these scripts, on this database, on rows that are young enough. */
const isSound = (receipt: Receipt, facts: CoverFacts): boolean =>
  receipt.result === 'passed' &&
  isAlike(receipt, facts) &&
  // What was met are the rows of the backup: a rehearsal is as old as they are.
  facts.provenBackups.some(({ id, createdAt }) => id === receipt.backup && isFresh(createdAt, facts));

/**
 * Whether something is young enough. What is dated in the future is not: when it was made is not known, and it would stay
 * young until then. Pure.
 *
 * @param createdAt ISO 8601
 */
export function isFresh(
  createdAt: string,
  { now, maxAgeMs }: { readonly now: Date; readonly maxAgeMs: number },
): boolean {
  const ageMs = now.getTime() - Date.parse(createdAt);
  return ageMs >= 0 && ageMs <= maxAgeMs;
}

/** Whether these scripts were rehearsed on this database, and on a server like its own. */
const isAlike = (receipt: Receipt, facts: CoverFacts): boolean =>
  receipt.database !== undefined &&
  ownershipOf(receipt.database, facts.database) === 'own' &&
  isRunAlike(receipt.database, facts.database) &&
  receipt.server.flavour === facts.server.flavour &&
  receipt.server.version === facts.server.version &&
  sameTexts(receipt.scripts.map(scriptText), facts.scripts.map(scriptText));

/** Whether the settings made the same of the scripts when this was rehearsed. */
export const isRunAlike = (rehearsed: RunSettings | undefined, now: RunSettings): boolean =>
  (rehearsed?.sqlMode ?? null) === now.sqlMode &&
  (rehearsed?.placeholders ?? '') === (now.placeholders ?? '') &&
  (rehearsed?.afterEach ?? '') === (now.afterEach ?? '');

const scriptText = (script: ReceiptScript): string => `${script.version} ${script.checksum}`;

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

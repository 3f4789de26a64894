import type { Schema } from '../database/fingerprint.ts';
import { whose } from '../database/whose.ts';
import type { Receipt, ReceiptScript, RehearsedDatabase, RunSettings } from './receipt.ts';

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
  facts.provenBackups.some(
    ({ id, createdAt }) =>
      id === receipt.backup && facts.now.getTime() - Date.parse(createdAt) <= facts.maxAgeMs,
  );

/** Whether these scripts were rehearsed on this database, and on a server like its own. */
const isAlike = (receipt: Receipt, facts: CoverFacts): boolean =>
  receipt.database !== undefined &&
  whose(receipt.database, facts.database) === 'own' &&
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

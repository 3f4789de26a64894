import type { Receipt, ReceiptScript } from './receipt.ts';

/** What an upgrade is about to do, and on what. */
export interface CoverFacts {
  /** Newest first. */
  readonly receipts: readonly Receipt[];
  /** Every script of the folder that will be used, in order. */
  readonly scripts: readonly ReceiptScript[];
  /** The versions that are pending on the live database. */
  readonly pending: readonly string[];
  /** The fingerprint of the live schema now. */
  readonly schema: string;
  readonly server: Receipt['server'];
  /** The proven backups that are there; `createdAt` in ISO 8601. */
  readonly provenBackups: readonly { readonly id: string; readonly createdAt: string }[];
  readonly now: Date;
  readonly maxAgeMs: number;
}

/** The receipt that covers exactly what is about to be done; undefined: it has to be rehearsed. Pure. */
export function coveringReceipt(facts: CoverFacts): Receipt | undefined {
  return facts.receipts.find(
    (receipt) =>
      receipt.result === 'passed' &&
      // What was met are the rows of the backup: a rehearsal is as old as they are.
      facts.provenBackups.some(
        ({ id, createdAt }) =>
          id === receipt.backup && facts.now.getTime() - Date.parse(createdAt) <= facts.maxAgeMs,
      ) &&
      receipt.schemaBefore === facts.schema &&
      receipt.server.flavour === facts.server.flavour &&
      receipt.server.version === facts.server.version &&
      sameTexts(receipt.pending, facts.pending) &&
      sameTexts(receipt.scripts.map(scriptText), facts.scripts.map(scriptText)),
  );
}

const scriptText = (script: ReceiptScript): string => `${script.version} ${script.checksum}`;

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

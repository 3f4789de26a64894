import * as v from 'valibot';
import { refused } from '../core/errors.ts';
import { acceptedText, type LedgerRow, type Migration } from './migration.ts';
import { isSameScriptVersion } from './version.ts';

/** What the ledger's column `accepted` holds: a list, as JSON. The hash of the text that has run stays in `checksum`. */
export const acceptedColumn = v.optional(
  v.nullable(v.pipe(v.string(), v.parseJson(), v.array(acceptedText))),
  null,
);

/**
 * Whether a script may have this text, beside what the ledger says of it: that which has run, or one that was accepted. What maj
 * itself never ran (a baseline, an adoption) it has no text of. Pure.
 */
export const isTextTaken = (
  { connectionId, checksum, accepted }: Pick<LedgerRow, 'connectionId' | 'checksum' | 'accepted'>,
  text: string,
): boolean =>
  connectionId === undefined || checksum === text || accepted.some((one) => one.checksum === text);

/** Which text somebody wants to be accepted. */
export interface AcceptWish {
  readonly version: string;
  /** The text's hash; undefined: the script as it is now. */
  readonly checksum: string | undefined;
}

/** What accepting comes to. */
export interface Acceptance {
  readonly row: LedgerRow;
  /** The script; the text may be that of a package, which is not here. */
  readonly file: string | undefined;
  readonly checksum: string;
}

/**
 * Finds what is to be accepted. Pure.
 *
 * @throws MajError `accept-version` for a version that has not run to its end, `accept-text` where nothing tells which text
 */
export function planAcceptance(
  ledger: readonly LedgerRow[],
  migrations: readonly Migration[],
  { version, checksum }: AcceptWish,
): Acceptance {
  const row = ledger.find((one) => isSameScriptVersion(one.version, version));
  if (row?.state !== 'applied' || row.inFlight !== undefined) {
    const applied = ledger.filter(({ state }) => state === 'applied');
    throw refused('accept-version', { version, versions: applied.map((one) => one.version) });
  }
  const script = migrations.find((one) => isSameScriptVersion(one.version, version));
  const text = checksum ?? script?.checksum;
  if (text === undefined) throw refused('accept-text', { version });
  return { row, file: script?.file, checksum: text };
}

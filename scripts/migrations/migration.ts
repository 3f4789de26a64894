import * as v from 'valibot';
import type { Flavour } from '../sql/flavour.ts';
import type { ScriptName } from './names.ts';

/** One migration script. */
export interface Migration extends ScriptName {
  /** Where it was read; the file's name alone where it came from elsewhere. */
  readonly path: string;
  /**
   * sha256 of the text, so that line ends and a BOM make no difference; with its placeholders, so that it is that of the
   * application's package.
   */
  readonly checksum: string;
  /** The script as it streams, however large it is: UTF-8 with LF line ends, without BOM, its placeholders replaced. */
  readonly open: () => AsyncIterable<Buffer>;
  /** What is run behind it, see `statementsAfter`; undefined: nothing. */
  readonly after: string | undefined;
}

export const acceptedText = v.object({
  /** sha256 of the text that is accepted beside the one that has run. */
  checksum: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** ISO 8601. */
  at: v.string(),
  by: v.string(),
  because: v.string(),
});

/** An edited text of a script that has run, which somebody took for as good as the one that has. */
export type AcceptedText = Readonly<v.InferOutput<typeof acceptedText>>;

/** What the ledger says of one script. */
export interface LedgerRow {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly state: 'applying' | 'applied' | 'failed';
  readonly statements: number;
  readonly statementsDone: number;
  /** What `doneHashes` gives for them. */
  readonly doneHash: string;
  /** A statement that may or may not have been applied. */
  readonly inFlight: { readonly number: number; readonly hash: string } | undefined;
  /** The connection that ran it. */
  readonly connectionId: string | undefined;
  readonly error: string | undefined;
  /** UTC, `2026-11-22 10:15:30.123`. */
  readonly startedAt: string;
  readonly finishedAt: string | undefined;
  readonly durationMs: number | undefined;
  readonly appliedBy: string;
  readonly runId: string;
  /** How a doubt was settled, or where the row comes from. */
  readonly note: string | undefined;
  /** Texts that are as good as the one that has run; see `isTextTaken`. */
  readonly accepted: readonly AcceptedText[];
}

/** A script that is to run. */
export interface PendingMigration extends Migration {
  /** How many of its statements are done already: 0, or more when it goes on after a failure. */
  readonly done: number;
  /** The version as the ledger has it already: `7` where the file is now `007_x.sql`. */
  readonly recordedAs: string;
}

/** How the scripts of a run are read. */
export interface ScriptReading {
  /** The sql_mode that every script starts in. */
  readonly sqlMode: string | undefined;
  /** Whose client decides where the two differ; undefined: what both agree on. */
  readonly flavour: Flavour | undefined;
}

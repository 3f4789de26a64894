import type { Flavour } from '../sql/flavour.ts';
import type { ScriptName } from './script-names.ts';

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

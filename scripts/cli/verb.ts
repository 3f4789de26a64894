import type { Deciding } from '../config/load.ts';
import type { SettingName } from '../config/settings.ts';
import type { Context } from '../core/context.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import type { Messages } from '../messages/catalogue.ts';

/** An option of a verb, beside the ones that every verb has. */
interface VerbOption {
  readonly type: 'boolean' | 'string';
  /** What `--help` says of it. */
  readonly help: string;
  /** The word that stands for the value in `--help`. */
  readonly value?: string;
}

/** What a verb was called with. */
export interface VerbArguments<O extends string = string> {
  readonly positionals: readonly string[];
  readonly options: Readonly<Partial<Record<O, string | boolean>>>;
  /** Settings that were given as options; those of the context hold them already. */
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
  /** `--yes` was given. */
  readonly yes: boolean;
  /** Asks a question on the terminal; `--yes` answers it, no terminal refuses. */
  readonly confirm: (question: string | ((messages: Messages) => string)) => Promise<void>;
  /** All of standard input, as text; undefined when that is a terminal. */
  readonly readStdin: () => Promise<string | undefined>;
  /** Standard error is a terminal: somebody sees what is waited for. */
  readonly isWatched: boolean;
}

/** What a verb has to say in the end. */
export interface VerbResult {
  /** For `--json`. */
  readonly data: unknown;
  /** For people: lines, in the language of the catalogue. */
  readonly text: (messages: Messages) => readonly string[];
  /** Other than 0 where a verb answers a question with no; an error is thrown instead. */
  readonly exitCode?: ExitCode;
}

/** A verb, as far as the help of all needs it; the rest is loaded when it is called. */
export interface ListedVerb {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** A verb of the command: its name, what it takes, and what it does. */
export interface Verb<O extends string = string> {
  readonly name: string;
  /** The forms that it can be called in, without `maj`. */
  readonly usage: readonly string[];
  readonly options: Readonly<Record<O, VerbOption>>;
  /** A verb that needs no settings works where there are none, or wrong ones. */
  readonly needsSettings: boolean;
  /** Who decides where a setting is given in several places; the caller, where not given. */
  readonly deciding?: Deciding;
  run(context: Context, args: VerbArguments<O>): Promise<VerbResult>;
}

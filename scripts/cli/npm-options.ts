import { wrongUsage, type MajError } from '../core/errors.ts';
import { quoteWords } from '../system/process/shell-words.ts';

/** What the decision rests on. */
export interface NpmCall {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Every option of the verb, its own and the common ones, by name. */
  readonly options: Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>;
  readonly verb: string;
  /** What came through to us, behind the verb. */
  readonly words: readonly string[];
  /** Whether npm has an option's value from its own settings (`.npmrc`, its environment), and not from its line. */
  readonly isSetting: (name: string) => boolean;
}

/** An option that npm has kept. */
interface Kept {
  readonly name: string;
  /** Empty: `--no-name`; `true`: without a value, or one that npm has left among the words. */
  readonly value: string;
}

/** Options of ours that npm has, too: it may have them from its settings. */
const settingsOfNpm: ReadonlySet<string> = new Set(['yes', 'json', 'dry-run']);

/**
 * The options that `npm run upgrade --plan 1.1.0`, without the `--`, has kept for itself; undefined where that is not
 * how we were called. It hands them on as `npm_config_<name>` (seen with npm 10.9 and 11.19), but for what it takes for
 * something else:
 * - `--plan` for the single letters `-p -l -a -n`: parseable, long, all, no yes;
 * - `--to` for its own `--token-description` (npm 11), since it takes the beginning of a name for the name;
 * - `--commit` and `--format` likewise for `--commit-hooks` and `--format-package-lock`, whose default is what that sets them
 *   to, so that nothing is left of it but the word behind.
 *
 * `npm exec` and npx hand everything on. A script that does not call maj itself (a hook that `git push` runs) has options of
 * its own, which are not meant for us. Pure.
 */
export function optionsKeptByNpm(call: NpmCall): Kept[] {
  const { environment, options, words } = call;
  const { npm_command: command, npm_lifecycle_script: script = '' } = environment;
  if (command === undefined || command === 'exec' || !/\bmaj\b/.test(script)) return [];
  const arrived = new Set(words.map((word) => /^--([^=]+)/.exec(word)?.[1]));
  return Object.keys(options).flatMap((name) => {
    const value = arrived.has(name) ? undefined : keptValue(call, name);
    return value === undefined ? [] : [{ name, value }];
  });
}

function keptValue({ environment, isSetting }: NpmCall, name: string): string | undefined {
  const config = (key: string): string | undefined => environment[`npm_config_${key.replaceAll('-', '_')}`];
  if (name === 'plan' && ['parseable', 'long', 'all'].every((key) => config(key) === 'true')) return 'true';
  const value = config(name) ?? (name === 'to' ? config('token-description') : undefined);
  if (!settingsOfNpm.has(name)) return value;
  return value === 'true' && !isSetting(name) ? value : undefined;
}

/**
 * The error for a call of which npm has kept options; undefined where it has kept none.
 *
 * @returns MajError `npm-kept-options`, exit code 2
 */
export function npmKeptOptions(call: NpmCall): MajError | undefined {
  const kept = optionsKeptByNpm(call);
  if (kept.length === 0) return undefined;
  const { verb, words, environment, options } = call;
  const { npm_lifecycle_event: event = 'maj', npm_lifecycle_script: script = '' } = environment;
  // A value that npm left among the words comes right behind its option: that one goes last.
  const takesWord = ({ name, value }: Kept): boolean => options[name]?.type === 'string' && value === 'true';
  const ordered = [...kept.filter((each) => !takesWord(each)), ...kept.filter(takesWord)];
  const again = ordered.flatMap(({ name, value }) =>
    value === '' ? [`--no-${name}`] : value === 'true' ? [`--${name}`] : [`--${name}`, value],
  );
  // What the script of package.json says itself does not have to be said again.
  const ends = script.trim().split(/\s+/).at(-1) ?? '';
  const ours = ends === verb ? words : /(?:^|\/)maj(?:\.[jt]s)?$/.test(ends) ? [verb, ...words] : [];
  const [first, ...rest] = ours;
  const line = ends === verb || first === undefined ? [...again, ...ours] : [first, ...again, ...rest];
  return wrongUsage('npm-kept-options', {
    options: ordered.map(({ name, value }) => (value === '' ? `--no-${name}` : `--${name}`)),
    command: quoteWords(['npm', 'run', event, '--', ...line]),
  });
}

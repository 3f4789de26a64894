import { inspect } from 'node:util';
import * as v from 'valibot';
import { splitWords } from '../system/process/shell-words.ts';
import { groupsOf, patternOf } from '../system/regular-expression.ts';
import { parseBranchPatterns } from './branch-pattern.ts';
import { parseUpdateSource } from './update-source.ts';

/** A type of setting: how its text is read, and how the documentation names it. */
export interface SettingType<T> {
  readonly name: string;
  readonly schema: v.GenericSchema<string, T>;
  /** What an editor may check in maj.config.json, in the words of JSON Schema, where more than any text can be said. */
  readonly json?:
    | { readonly enum: readonly string[] }
    | { readonly pattern: string }
    // A text with commas, too.
    | 'list';
}

const hour = 3_600_000;
const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: hour,
  d: 24 * hour,
};

const durationForm = /^(\d+)\s*(ms|s|m|h|d)$/;

/** Milliseconds of a text such as `24h`, `90m`, `30s`, `7d`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = durationForm.exec(text.trim());
  const unit = durationUnits[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

const text = v.pipe(v.string(), v.trim());

/** Any text. */
export const string: SettingType<string> = { name: 'text', schema: text };

/** A text that is never shown. */
export const secret: SettingType<Secret> = {
  name: 'secret',
  // Not trimmed: a password may end in a blank.
  schema: v.pipe(
    v.string(),
    v.transform((value) => new Secret(value)),
  ),
};

/** A regular expression of JavaScript, in which ^ and $ are the ends of a line. */
export const pattern: SettingType<RegExp> = {
  name: 'a regular expression',
  schema: v.pipe(
    v.string(),
    v.check((value) => patternOf(value) !== undefined, 'a regular expression'),
    v.transform((value) => patternOf(value) ?? /(?!)/),
  ),
};

/** A file or folder; relative ones start from the project folder. */
export const path: SettingType<string> = { name: 'path', schema: text };

/** Where packages come from; kept as text, and read by `parseUpdateSource`. */
export const source: SettingType<string> = {
  name: 'a folder, an https address with {version} in it and without a password, github:owner/name, git, or git:repository',
  schema: v.pipe(
    text,
    v.check((value) => parseUpdateSource(value) !== undefined, 'a source of packages'),
  ),
};

/** A command line, run by the shell. */
export const command: SettingType<string> = { name: 'command', schema: text };

/** A command and its first arguments, as a shell would take them apart; no shell is started for it. */
export const words: SettingType<readonly string[]> = {
  name: 'command (with its quotes closed)',
  schema: v.pipe(
    text,
    v.check((value) => (splitWords(value)?.length ?? 0) > 0, 'a command with its quotes closed'),
    v.transform((value) => splitWords(value) ?? []),
  ),
};

/** Where a server is: a host with or without a port, or the path of a socket. */
export type ServerPlace =
  { readonly host: string; readonly port: number | undefined } | { readonly socket: string };

/** A host, `host:port`, `[IPv6]:port`, or the absolute path of a socket. */
export const place: SettingType<ServerPlace> = {
  name: 'host, host:port, or absolute path of a socket',
  schema: v.pipe(
    text,
    v.check(
      (value) => parsePlace(value) !== undefined,
      'a host, host:port, or the absolute path of a socket',
    ),
    v.transform((value): ServerPlace => parsePlace(value) ?? { socket: value }),
  ),
};

/** Reads a host, `host:port` or the path of a socket; undefined when it is none. */
function parsePlace(value: string): ServerPlace | undefined {
  if (value.startsWith('/')) return { socket: value };
  // An IPv6 address alone has more than one colon, and no brackets.
  const alone = /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.exec(value);
  const match = /^(?:\[([^\]\s]+)\]|([^:\s/[\]]+))(?::(\d{1,5}))?$/.exec(value);
  if (alone !== null) return { host: value, port: undefined };
  if (match === null) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

const withoutCredentials = (value: string): boolean =>
  URL.canParse(value) && new URL(value).username === '' && new URL(value).password === '';

/** An http or https address, without user and password. */
export const url: SettingType<string> = {
  name: 'URL (http or https, without user and password)',
  schema: v.pipe(
    text,
    v.url(),
    v.regex(/^https?:/, 'an http or https address'),
    // It is printed and quoted in errors, and fetch refuses such an address anyway.
    v.check((value) => withoutCredentials(value), 'an address without user and password'),
  ),
};

/** A whole number from `least` to `most`. */
export const integer = (least: number, most: number): SettingType<number> => ({
  name: `a whole number from ${least} to ${most}`,
  schema: v.pipe(
    text,
    v.regex(/^\d+$/, 'a whole number'),
    v.transform(Number),
    v.minValue(least),
    v.maxValue(most),
  ),
});

/** A regular expression for whole names, with a group at least; kept as text. */
export const namePattern: SettingType<string> = {
  name: 'a regular expression with a group in parentheses',
  schema: v.pipe(
    text,
    v.check((value) => (groupsOf(value) ?? 0) > 0, 'a regular expression with a group'),
  ),
};

/** A text in scripts, and what is put in its place. */
export interface Placeholder {
  readonly text: string;
  readonly value: string;
}

/** `%TABLE_PREFIX%=app_,ENGINE_TYPE=InnoDB`: what is put in must be harmless wherever it comes to stand in SQL. */
export const placeholders: SettingType<readonly Placeholder[]> = {
  name: 'a list of TEXT=value, such as %TABLE_PREFIX%=app_ (each text once, of three characters at least, without blanks, commas and quotes; values of letters, digits, _ and $ alone)',
  json: 'list',
  schema: v.pipe(
    text,
    v.check((value) => parsePlaceholders(value) !== undefined, 'a list of TEXT=value'),
    v.transform((value) => parsePlaceholders(value) ?? []),
  ),
};

function parsePlaceholders(list: string): readonly Placeholder[] | undefined {
  const found = list.split(',').map((item) => /^([^\s,'"`\\]{3,})=([\p{L}\p{N}_$]*)$/u.exec(item.trim()));
  const read = found.map((match) => ({ text: match?.[1] ?? '', value: match?.[2] ?? '' }));
  const isSound = !found.includes(null) && new Set(read.map((one) => one.text)).size === read.length;
  return isSound ? read : undefined;
}

/** A length of time, in milliseconds once parsed: `24h`, `90m`, `30s`, `7d`. */
export const duration: SettingType<number> = {
  name: 'duration',
  json: { pattern: durationForm.source },
  schema: v.pipe(
    text,
    v.check((value) => parseDuration(value) !== undefined, 'a duration such as 24h, 90m or 30s'),
    v.transform((value) => parseDuration(value) ?? 0),
  ),
};

/** Texts separated by commas. */
export const list: SettingType<readonly string[]> = {
  name: 'list',
  json: 'list',
  schema: v.pipe(
    text,
    v.transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    ),
  ),
};

/** Branches that a gate guards; none of them may be left out by a slip, so an empty list is none. */
export const branches: SettingType<readonly string[]> = {
  name: 'a list of branches such as deploy,release/* (as they are called on the remote, without its name, and with commas between them)',
  json: 'list',
  schema: v.pipe(
    text,
    v.check((value) => parseBranchPatterns(value) !== undefined, 'a list of branches'),
    v.transform((value) => parseBranchPatterns(value) ?? []),
  ),
};

/** The names of systemd units, separated by commas. */
export const units: SettingType<readonly string[]> = {
  name: 'a list of systemd units',
  schema: v.pipe(
    list.schema,
    v.check(
      // None that systemctl would take for an option or a pattern.
      (names) => names.every((name) => /^[\w:.\\@][\w:.\\@-]*$/.test(name)),
      'names of systemd units, separated by commas',
    ),
  ),
};

/** One of a few words. */
export const choice = <const C extends string>(...choices: readonly C[]): SettingType<C> => ({
  name: choices.join('|'),
  json: { enum: choices },
  schema: v.pipe(
    text,
    v.check((value) => (choices as readonly string[]).includes(value), `one of ${choices.join(', ')}`),
    v.transform((value) => value as C),
  ),
});

/** A value that prints as `[secret]` wherever it ends up: JSON, template strings, console, error messages. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: for the driver and for option files only. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

import dotenv from 'dotenv';

/** A line of `.env`: its name, and its text without quotes. */
interface EnvLine {
  readonly text: string;
  /** It stands in single quotes: nothing in it stands for something else. */
  readonly isLiteral: boolean;
}

/** The lines of `.env` by name. */
type EnvLines = Readonly<Record<string, EnvLine>>;

/** What `.env` says, with the values in the place of the names in it. */
interface EnvTexts {
  readonly texts: Readonly<Record<string, string>>;
  /** The names that a line asks for and nobody has, by the name of the line; its text has them as they were written. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

/** What dotenv takes for a line; its parse() does not say whether there were quotes (github.com/motdotla/dotenv). */
const line =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;

/** Reads the text of `.env`. Pure. */
export function parseEnvFile(text: string): EnvLines {
  const ofOneKind = text.replaceAll(/\r\n?/g, '\n');
  const quoted = new Map(
    [...ofOneKind.matchAll(line)].map(([, name = '', value = '']) => [name, /^'.*'$/s.test(value.trim())]),
  );
  // parse(), not config(): the latter changes process.env and, from version 17 on, prints to the terminal.
  return Object.fromEntries(
    Object.entries(dotenv.parse(ofOneKind)).map(([name, value]) => [
      name,
      { text: value, isLiteral: quoted.get(name) === true },
    ]),
  );
}

/**
 * Puts values in the place of `${NAME}`, and of `${NAME:-default}` where the name has none or an empty one (`${NAME-default}`:
 * none). Pure. Only with braces, as Laravel does, and in single quotes not at all, so that a `$` in a password is one; `\${`
 * stands for itself.
 *
 * @param outside what the environment has for a name, where it counts for the line `of`
 * @param fileFirst whether `.env` itself goes before the environment
 */
export function expandEnvFile(
  lines: EnvLines,
  outside: (name: string, of: string) => string | undefined,
  fileFirst: boolean,
): EnvTexts {
  const missing = new Map<string, readonly string[]>();
  const texts = Object.entries(lines).map(([name]) => {
    const asked = new Set<string>();
    /** @param within the lines that are being read: one that asks for itself is asked for outside. */
    const valueOf = (wanted: string, within: readonly string[]): string | undefined => {
      const own = (): string | undefined => {
        const found = Object.hasOwn(lines, wanted) && !within.includes(wanted) ? lines[wanted] : undefined;
        return found === undefined || found.isLiteral
          ? found?.text
          : fill(found.text, (other) => valueOf(other, [...within, wanted]));
      };
      const value = fileFirst ? (own() ?? outside(wanted, name)) : (outside(wanted, name) ?? own());
      return value;
    };
    const fill = (text: string, value: (wanted: string) => string | undefined): string =>
      putValues(text, value, (wanted) => asked.add(wanted));
    const { text, isLiteral } = lines[name] ?? { text: '', isLiteral: true };
    const filled = isLiteral ? text : fill(text, (wanted) => valueOf(wanted, [name]));
    if (asked.size > 0) missing.set(name, [...asked]);
    return [name, filled] as const;
  });
  return { texts: Object.fromEntries(texts), missing };
}

const reference = /(\\?)\$\{([A-Za-z_]\w*)(\}|:?-)/;

/** Puts values into a text; a name that has none stays as it is written, and is told. */
function putValues(
  text: string,
  valueOf: (name: string) => string | undefined,
  tellMissing: (name: string) => void,
): string {
  const found = reference.exec(text);
  if (found === null) return text;
  const [whole, escape, name = '', operator] = found;
  const put = (rest: string): string => putValues(rest, valueOf, tellMissing);
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + whole.length);
  if (escape !== '') return `${before}${whole.slice(1)}${put(after)}`;
  if (operator === '}') {
    const value = valueOf(name);
    if (value === undefined) tellMissing(name);
    return `${before}${value ?? whole}${put(after)}`;
  }
  const end = closingBrace(after);
  if (end < 0) return `${before}${whole}${put(after)}`;
  const value = valueOf(name);
  const counts = value !== undefined && (value !== '' || operator === '-');
  return `${before}${counts ? value : put(after.slice(0, end))}${put(after.slice(end + 1))}`;
}

/** Where the brace is that closes one before the text; -1: nowhere. */
function closingBrace(text: string): number {
  let open = 1;
  for (const { 0: mark, index } of text.matchAll(/\$\{|\}/g)) {
    open += mark === '}' ? -1 : 1;
    if (open === 0) return index;
  }
  return -1;
}

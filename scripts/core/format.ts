/**
 * What a terminal may obey rather than show: control characters (C0, DEL, C1), the marks, embeddings, overrides and
 * isolates that turn the direction of text, and the separators of lines and paragraphs.
 */
// eslint-disable-next-line no-control-regex -- those are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Whether a text holds what a terminal may obey, a tab or a line end among that. */
export const isUnprintable = (text: string): boolean => text.search(unprintable) !== -1;

/**
 * A text that may come from anywhere, as a terminal can be given it: what it would obey stands there as an escape, `\x1b`
 * or `\u202e`. Line ends, of Windows too, and tabs stay. JSON stays the JSON that it was: it has no raw character that becomes a `\x`.
 */
export const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(unprintable, (character) =>
      character === '\n' || character === '\t' ? character : escapeOf(character),
    );

/** The same for a text that is to be one line, such as a name: its line ends stand there as `\n`. */
export const oneLine = (text: string): string => printable(text).replaceAll('\n', String.raw`\n`);

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** `1.4 GB`: bytes in decimal units, as disks are sold and `df -H` prints. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 99.5 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `0.4 s`, `38 s`, `3 min 12 s`, `2 h 05 min`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${seconds.toFixed(0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `5 min`, `3 h`, `12 days`: how long ago, roughly. */
export function age(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** `shop on db.example:3306`: a database, as it is told from others. */
export const databaseText = ({
  name,
  address,
}: {
  readonly name: string;
  readonly address?: string | undefined;
}): string => (address === undefined ? name : `${name} on ${address}`);

/** Lines of cells with their columns under one another; a cell cannot begin a line of its own. */
export function table(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 file`, `2,144 files`. */
export const counted = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** So many names stand in a line; of more than that the first and the last ones do. */
const mostNames = 10;
const fewNames = 4;

/**
 * `001_a.sql, 002_b.sql`: names in a sentence. Of hundreds only the first and the last, with the number of those between. Empty
 * for none.
 */
export function nameList(names: readonly string[]): string {
  const shown =
    names.length <= mostNames
      ? names.map(oneLine)
      : [
          ...names.slice(0, fewNames).map(oneLine),
          `… (${(names.length - 2 * fewNames).toLocaleString('en')} more) …`,
          ...names.slice(-fewNames).map(oneLine),
        ];
  return shown.join(', ');
}

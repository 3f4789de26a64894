import { oneLine } from './printable.ts';

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

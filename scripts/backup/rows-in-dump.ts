import type { Flavour } from '../database/flavour.ts';
import type { PartChunk } from './cutter.ts';

/** Counts the rows of each table as a dump goes by. */
export interface RowCounter {
  observe(chunk: PartChunk): void;
  /** What was counted by table; MySQL's texts may hold what separates rows: the true number may be lower. */
  counts(): ReadonlyMap<string, number>;
}

/**
 * What stands before each row: behind the first of a statement come the others, MariaDB's on lines of their own. Those marks
 * no text can hold: its line breaks are escaped.
 */
const marks: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: ['),\n(', '\nINSERT INTO '],
  mysql: ['),(', '\nINSERT INTO '],
};

/** The longest of these. */
const longest = 13;

/**
 * Counts by native search alone: 0.6 s of CPU for a GB of rows of 170 bytes, where looking at each byte would take longer
 * than the dump. (A search in a text costs a third of the same one in a Buffer.)
 */
export function createRowCounter(flavour: Flavour): RowCounter {
  const counted = new Map<string, number>();
  let table: string | undefined;
  /** The end of what was seen, in which a mark may have begun. */
  let rest = '';
  return {
    observe: ({ part, data }) => {
      if (part.kind !== 'table' || part.section !== 'rows' || part.object === null) return;
      // A part begins at a line, and may begin with the first statement.
      if (part.object !== table) rest = '\n';
      table = part.object;
      const text = rest + data.toString('latin1');
      const seen = rest.length;
      let found = 0;
      for (const mark of marks[flavour])
        for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length))
          // What lies within the rest was counted when that was seen.
          if (at + mark.length > seen) found += 1;
      counted.set(part.object, (counted.get(part.object) ?? 0) + found);
      rest = text.slice(1 - longest);
    },
    counts: () => counted,
  };
}

/**
 * Counts the rows of MySQL's INSERTs byte by byte, for a table whose texts hold `),(`.
 *
 * @param parts the parts of the table's rows, one after the other
 */
export async function countRowsExactly(parts: AsyncIterable<Buffer>): Promise<number> {
  let rows = 0;
  let inText = false;
  let escaped = false;
  let before = '';
  for await (const data of parts) {
    const text = data.toString('latin1');
    for (const character of text) {
      if (escaped) escaped = false;
      else if (inText && character === '\\') escaped = true;
      else if (character === "'") inText = !inText;
      else if (!inText) {
        before = (before + character).slice(-longest);
        if (before.endsWith('),(') || before.endsWith('\nINSERT INTO ')) rows += 1;
      }
    }
  }
  return rows;
}

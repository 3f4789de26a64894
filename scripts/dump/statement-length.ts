import { refused } from '../core/errors.ts';
import type { PartChunk } from './cutter.ts';

/** Both dump programs escape line ends within rows: this is where a statement ends, and nowhere else. */
const statementEnd = Buffer.from(';\n');
const [semicolon = 0, newline = 0] = statementEnd;

/**
 * Watches the rows of a dump go by, for a statement that is longer than the server takes: what was written by other ways
 * (a BLOB by a prepared statement, which a dump writes in hexadecimal, twice as long) may not come back as one. It costs
 * 0.2 s a GB, where asking for the longest row of every table would read them all once more.
 *
 * @param most the server's `max_allowed_packet`, in bytes: a statement and the byte before it must be shorter
 * @throws MajError `row-too-long` naming the table, as soon as it is seen
 */
export function createLengthCheck(most: number): (chunk: PartChunk) => void {
  /** Bytes of the statement that has begun. */
  let length = 0;
  let endsInSemicolon = false;

  const check = (object: string | null): void => {
    if (length + 1 >= most) throw refused('row-too-long', { table: object ?? '', most });
  };
  return ({ part, data }) => {
    if (part.section !== 'rows' || data.length === 0) return;
    let at = 0;
    if (endsInSemicolon && data[0] === newline) {
      length = 0;
      at = 1;
    } else if (endsInSemicolon) {
      length += 1;
    }
    for (let end = data.indexOf(statementEnd, at); end >= 0; end = data.indexOf(statementEnd, at)) {
      length += end - at;
      check(part.object);
      length = 0;
      at = end + statementEnd.length;
    }
    // Whether the last byte belongs to the statement, or ends it, the next one tells.
    endsInSemicolon = at < data.length && data[data.length - 1] === semicolon;
    length += data.length - at - (endsInSemicolon ? 1 : 0);
    check(part.object);
  };
}

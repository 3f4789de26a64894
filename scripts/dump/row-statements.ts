import { startsWith } from './cutter.ts';

/** A statement of a part, as bytes, and where it starts in the part. */
export interface StatementBytes {
  readonly bytes: Buffer;
  /** `insert`: one whole INSERT; `other`: everything before, between or after these. */
  readonly kind: 'insert' | 'other';
  /** Bytes of the part before it. */
  readonly offset: number;
}

/** Cuts a part of rows into its INSERT statements and what is around them, as its bytes come. */
export interface RowCutter {
  push(chunk: Buffer): StatementBytes[];
  end(): StatementBytes[];
}

const insertStart = Buffer.from('INSERT ');
const lineBefore = Buffer.from('\nINSERT ');
const statementEnd = Buffer.from(');\n');
/** What can follow an INSERT in a part of rows: the next, or the lines that close the table. */
const followers = ['INSERT ', '/*!4000', 'UNLOCK ', 'commit;'].map((text) => Buffer.from(text));
const followerLength = 7;

/**
 * Cuts by native search alone. Both dump programs escape line breaks within strings, so that `);` at a line end, with
 * one of the lines that can follow behind it, ends the statement.
 */
export function createRowCutter(): RowCutter {
  let inInsert = false;
  /** What was taken of the statement that is not complete. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Too short to tell what it is. */
  let carry: Buffer = Buffer.alloc(0);
  let offset = 0;
  let atStart = true;

  const hold = (data: Buffer): void => {
    if (data.length === 0) return;
    held.push(data);
    heldBytes += data.length;
  };
  const finish = (kind: StatementBytes['kind']): StatementBytes[] => {
    if (heldBytes === 0) return [];
    const [only] = held;
    const bytes = held.length === 1 && only !== undefined ? only : Buffer.concat(held, heldBytes);
    const statement: StatementBytes = { bytes, kind, offset };
    offset += heldBytes;
    held = [];
    heldBytes = 0;
    return [statement];
  };
  /** Where the other text ends and an INSERT begins; -1 when it is not in sight. */
  const insertIn = (input: Buffer): number => {
    if (atStart && startsWith(input, insertStart, 0)) return 0;
    const found = input.indexOf(lineBefore);
    return found < 0 ? -1 : found + 1;
  };

  const take = (chunk: Buffer, ended: boolean): StatementBytes[] => {
    let input = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const out: StatementBytes[] = [];
    for (;;) {
      const cut = inInsert ? endOfInsert(input, ended) : insertIn(input);
      if (cut < 0) break;
      hold(input.subarray(0, cut));
      out.push(...finish(inInsert ? 'insert' : 'other'));
      input = input.subarray(cut);
      inInsert = !inInsert || startsWith(input, insertStart, 0);
      atStart = false;
    }
    const undecided = ended ? 0 : Math.min(input.length, statementEnd.length + followerLength - 1);
    hold(input.subarray(0, input.length - undecided));
    if (input.length > undecided) atStart = false;
    carry = input.subarray(input.length - undecided);
    if (ended) out.push(...finish(inInsert ? 'insert' : 'other'));
    return out;
  };
  return { push: (chunk) => take(chunk, false), end: () => take(Buffer.alloc(0), true) };
}

/** Where the INSERT that the input is in ends; -1 when that is not in sight. */
function endOfInsert(input: Buffer, ended: boolean): number {
  for (let from = 0; ;) {
    const found = input.indexOf(statementEnd, from);
    if (found < 0) return -1;
    const cut = found + statementEnd.length;
    if (cut === input.length && ended) return cut;
    if (cut + followerLength > input.length && !ended) return -1;
    if (followers.some((follower) => startsWith(input, follower, cut))) return cut;
    from = cut;
  }
}

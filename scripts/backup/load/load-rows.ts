import type { Session } from '../../database/session.ts';
import type { ManifestPart } from '../manifest.ts';
import { aboutTable } from './aside.ts';
import { planFastRows, type FastRows } from './fast-rows.ts';
import { isFrame } from './frame.ts';
import type { TableLoading } from './load-table.ts';
import { insertStatement, otherStatements, rowPiecesOf } from './part-statements.ts';
import type { StatementBytes } from './row-statements.ts';

/** Rows are committed about every so many bytes: few enough to undo quickly, enough to make the commit cheap. */
const commitBytes = 8 * 1024 * 1024;
/** What an INSERT says before its first value fits into this, but for a table of thousands of columns. */
const headBytes = 64 * 1024;

/**
 * Loads a part of rows: by one LOAD DATA where server and table allow it, else INSERT by INSERT. What LOAD DATA makes of
 * a value that it reads otherwise, it does not tell: whoever loads compares, and loads again without it.
 *
 * @param definition the CREATE TABLE, of an ordinary InnoDB table; undefined for any other
 */
export async function loadRows(
  session: Session,
  table: string,
  part: ManifestPart,
  definition: string | undefined,
  loading: TableLoading,
): Promise<void> {
  const pieces = rowPiecesOf(loading.source, part);
  const isOrdinary = definition !== undefined;
  /** Null: not by LOAD DATA. The INSERTs of a table are of one shape: the first tells. */
  let fast: FastRows | null | undefined = loading.fast && isOrdinary ? undefined : null;
  let uncommitted = 0;
  let isEmpty = true;
  for await (const piece of pieces) {
    if (piece.kind === 'other') {
      await runOthers(session, table, part, piece, isOrdinary, loading);
      continue;
    }
    isEmpty = false;
    fast ??=
      fast === null ? null : (planFastRows(session.server.flavour, definition ?? '', headOf(piece)) ?? null);
    loading.hasRows(table, fast !== null);
    if (fast !== null) {
      await loadFast(session, table, part, piece, pieces, fast, loading);
      break;
    }
    const insert = insertStatement(piece);
    await loading.run(session, part, {
      ...insert,
      text: aboutTable(insert.text, table, loading.nameOf(table)),
    });
    loading.loaded(piece.bytes.length);
    uncommitted += piece.bytes.length;
    if (uncommitted < commitBytes) continue;
    await session.run('COMMIT');
    uncommitted = 0;
  }
  if (!isEmpty) await session.run('COMMIT');
}

const headOf = ({ bytes }: StatementBytes): string => bytes.toString('latin1', 0, headBytes);

/** Gives the values of this INSERT and of all that follow to one LOAD DATA. */
async function loadFast(
  session: Session,
  table: string,
  part: ManifestPart,
  first: StatementBytes,
  rest: AsyncIterable<StatementBytes>,
  fast: FastRows,
  loading: TableLoading,
): Promise<void> {
  const others: StatementBytes[] = [];
  const values = async function* (): AsyncGenerator<Buffer> {
    yield* valuesOf(first, fast, loading);
    for await (const piece of rest) {
      if (piece.kind === 'other') {
        others.push(piece);
        continue;
      }
      yield Buffer.from(fast.separator);
      yield* valuesOf(piece, fast, loading);
    }
  };
  const text = aboutTable(fast.statement, table, loading.nameOf(table));
  const statement = { ...insertStatement({ ...first, bytes: Buffer.alloc(0) }), text };
  await loading.run(session, part, statement, values());
  for (const piece of others) await runOthers(session, table, part, piece, true, loading);
}

/** A packet of the protocol has at most 16 MB. */
const sliceBytes = 1024 * 1024;

function* valuesOf({ bytes }: StatementBytes, fast: FastRows, { loaded }: TableLoading): Generator<Buffer> {
  const end = bytes.length - fast.after.length;
  if (bytes.toString('latin1', end) !== fast.after) throw new Error('an INSERT of another shape');
  for (let at = fast.before; at < end; at += sliceBytes)
    yield bytes.subarray(at, Math.min(at + sliceBytes, end));
  loaded(bytes.length);
}

async function runOthers(
  session: Session,
  table: string,
  part: ManifestPart,
  piece: StatementBytes,
  isOrdinary: boolean,
  { run, nameOf }: TableLoading,
): Promise<void> {
  for (const statement of otherStatements(piece, part))
    if (!isFrame(statement.text, isOrdinary))
      await run(session, part, { ...statement, text: aboutTable(statement.text, table, nameOf(table)) });
}

import type { Flavour } from '../../database/flavour.ts';
import { splitStatements } from '../../migrations/splitter.ts';
import { readStored } from '../codec.ts';
import { partPath } from '../layout.ts';
import type { ManifestPart } from '../manifest.ts';
import { readPartText, type PartSource } from '../part-text.ts';
import { createRowCutter, type StatementBytes } from './row-statements.ts';

/** A statement of a part: each character stands for one byte, as a session for bytes takes it. */
export interface PartStatement {
  readonly text: string;
  /** Of the part; from 1. Of an INSERT's, see `lineAt`. */
  readonly line: number | null;
  /** Bytes of the part before it, where the line is not known. */
  readonly offset: number;
  readonly isInsert: boolean;
}

/** The statements of a part that is not rows: small enough to be read at once. */
export async function statementsOf(source: PartSource, part: ManifestPart): Promise<PartStatement[]> {
  return statementsIn(await readPartText(source, part, 'latin1'), part.name, source.flavour);
}

/** The pieces of a part of rows, as they come; never more than one of them is held. */
export async function* rowPiecesOf(
  source: PartSource,
  part: ManifestPart,
): AsyncGenerator<StatementBytes, void, undefined> {
  const cutter = createRowCutter();
  for await (const chunk of readStored(partPath(source.folder, part.name), source.codec))
    yield* cutter.push(chunk);
  yield* cutter.end();
}

/** An INSERT among the pieces, as a statement. */
export const insertStatement = ({ bytes, offset }: StatementBytes): PartStatement => ({
  text: bytes.toString('latin1').replace(/;\n$/, ''),
  line: null,
  offset,
  isInsert: true,
});

/** The statements that surround the INSERTs of a part of rows. */
export const otherStatements = ({ bytes }: StatementBytes, part: ManifestPart): PartStatement[] =>
  statementsIn(bytes.toString('latin1'), part.name);

/** The line that an offset of a part is in, from 1: asked for only when a statement failed. */
export async function lineAt(source: PartSource, part: ManifestPart, offset: number): Promise<number> {
  let line = 1;
  let left = offset;
  for await (const chunk of readStored(partPath(source.folder, part.name), source.codec)) {
    for (let at = chunk.indexOf(0x0a); at >= 0 && at < left; at = chunk.indexOf(0x0a, at + 1)) line += 1;
    left -= chunk.length;
    if (left <= 0) break;
  }
  return line;
}

/** MariaDB's first line is for its own client, and no statement; see `withoutSandboxLine`. */
const sandboxLine = /^\/\*M?!999999\\- enable the sandbox mode \*\/ *(?=\n)/;
/** The dump programs' own header sets this; only ANSI_QUOTES and NO_BACKSLASH_ESCAPES would matter here. */
export const sqlModeOfDumps = 'NO_AUTO_VALUE_ON_ZERO';

function statementsIn(text: string, file: string, flavour?: Flavour): PartStatement[] {
  const options = { file, sqlMode: sqlModeOfDumps, flavour };
  return splitStatements(text.replace(sandboxLine, ''), options).map((statement) => ({
    text: statement.text,
    line: statement.line,
    offset: 0,
    isInsert: false,
  }));
}

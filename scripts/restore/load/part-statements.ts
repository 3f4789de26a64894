import type { ManifestPart } from '../../backup/manifest.ts';
import { readPart, readPartText, type PartSource } from '../../backup/part-text.ts';
import { createRowCutter, type StatementBytes } from '../../dump/row-statements.ts';
import type { Flavour } from '../../sql/flavour.ts';
import { splitStatements } from '../../sql/splitter.ts';

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
  for await (const chunk of readPart(source, part)) yield* cutter.push(chunk);
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
  for await (const chunk of readPart(source, part)) {
    for (let at = chunk.indexOf(0x0a); at >= 0 && at < left; at = chunk.indexOf(0x0a, at + 1)) line += 1;
    left -= chunk.length;
    if (left <= 0) break;
  }
  return line;
}

/**
 * The first line of a dump by mariadb-dump since 10.5.25, 10.6.18, 10.11.8 and 11.0.6, in both of its spellings: it is for
 * MariaDB's own client, and no statement.
 */
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

const frame = [
  // A lock on the table would keep the other connections out, and hides the sequences that a default asks (error 1100).
  /^(?:LOCK TABLES|UNLOCK TABLES)\b/,
  // MariaDB 11 and later put a transaction around the rows of each table, and end it after them.
  /^(?:commit$|set autocommit\s*=|SET @OLD_AUTOCOMMIT=)/i,
  // What stands before the rows is set by the connection that loads them, and does no harm to other tables.
  /^\/\*M!101100 SET system_versioning_insert_history=@old_/,
];

/**
 * Whether a statement is there for a dump that comes in over a single connection, and is left out where several load it.
 *
 * @param isOrdinary whether it is of an InnoDB table: other engines' keys are switched off while rows come in
 */
export const isFrame = (statement: string, isOrdinary: boolean): boolean =>
  frame.some((pattern) => pattern.test(statement)) ||
  (isOrdinary && statement.startsWith('/*!40000 ALTER TABLE '));

const ownCharset = /^\/\*!\d+ SET character_set_client = utf8mb4 \*\/$/;
const definitionFrame = [
  ownCharset,
  /^\/\*!\d+ SET @saved_cs_client\s*= @@character_set_client \*\/$/,
  /^\/\*!\d+ SET character_set_client = @saved_cs_client \*\/$/,
  /^DROP TABLE IF EXISTS /,
];

/**
 * What there is to do of the statements that make a table: where no table has its name, and in a session that is in
 * utf8mb4, as the header of every dump of ours puts it, nothing but to make it. What else there is would take several times as
 * long to be sent as to be done.
 */
export const withoutFrame = <S extends { readonly text: string }>(statements: readonly S[]): readonly S[] =>
  statements.some(({ text }) => ownCharset.test(text))
    ? statements.filter(({ text }) => !definitionFrame.some((pattern) => pattern.test(text)))
    : statements;

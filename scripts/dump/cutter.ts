import type { PartId, PartKind } from './part.ts';

/** A stretch of the dump, and the part that it belongs to. */
export interface PartChunk {
  readonly part: PartId;
  readonly data: Buffer;
}

/** Cuts a dump as it streams by. What it hands out are views into the chunks that it was given. */
interface Cutter {
  push(chunk: Buffer): PartChunk[];
  /** The rest, when the dump has ended. */
  end(): PartChunk[];
}

/**
 * A new part of rows begins after this many bytes. Small, because a part is what is loaded by one connection at a time,
 * what backups share, and what a window has to prove of a table that has grown; large enough that a compressor for each
 * costs nothing.
 */
export const rowBytesOfParts = 8 * 1024 * 1024;

const newline = 0x0a;
/** What a line says shows within this: names have at most 64 characters. */
const lineHead = 1024;
/** Longer than what a chunk can leave over. */
const joint = 4 * lineHead;
const statementEnd = Buffer.from(');\n');
const rowsEnd = Buffer.from('\nUNLOCK TABLES;\n');
const statementStart = Buffer.from('INSERT ');
const dashes = '--\n';
const commentMark = '-- ';

/**
 * Cuts the output of mysqldump or mariadb-dump into parts: at the comments that announce a table, and within rows at a
 * statement end about every `rowBytes` bytes. No SQL parser is needed: both programs escape line breaks within
 * strings, so that `);` at a line end is a statement end, and `UNLOCK TABLES;` on a line of its own ends the rows.
 * The bodies of triggers, events and routines may hold anything, but lie between DELIMITER lines.
 * Where it cuts depends on the bytes of the dump alone, never on the chunks that they come in.
 */
export function createCutter(rowBytes: number): Cutter {
  let part: PartId = { kind: 'header', object: null, section: 'structure', number: 0, index: 0 };
  /** Tables, views and sequences so far. */
  let objects = 0;
  /** Parts that follow the tables. */
  let tails = 0;
  /** Bytes of the current part that were handed out. */
  let size = 0;
  let mode: 'lines' | 'within-line' | 'rows' = 'lines';
  let unlocked = false;
  let delimited = false;
  /** An empty line and `--`, which belong to what follows them, and a comment that is not over yet. */
  let held: Buffer[] = [];
  let comment = '';
  let out: PartChunk[] = [];

  const emit = (data: Buffer): void => {
    size += data.length;
    if (data.length > 0) out.push({ part, data });
  };
  const flushHeld = (): void => {
    held.forEach(emit);
    held = [];
  };
  const startPart = (next: Partial<PartId>): void => {
    part = { ...part, index: 0, ...next };
    size = 0;
  };
  const follow = (next: Partial<PartId>): void => {
    unlocked = false;
    if (next.kind === undefined) return startPart(next);
    // MariaDB announces packages apart from the other routines.
    if (next.kind === 'routines' && part.kind === 'routines') return;
    const isObject = objectKinds.has(next.kind);
    if (isObject) objects += 1;
    startPart({ ...next, section: 'structure', number: isObject ? objects : tails });
    if (!isObject) tails += 1;
  };

  /** Takes a line outside of rows, or the head of a long one. */
  const takeLine = (line: Buffer): void => {
    const text =
      comment === '' ? line.toString('utf8') : comment + line.toString('utf8').slice(commentMark.length);
    if (part.kind === 'final' || delimited) {
      if (text === 'DELIMITER ;\n') delimited = false;
      return emit(line);
    }
    if (text === '\n' || (text === dashes && held.length < 2)) {
      if (text === '\n') flushHeld();
      held.push(line);
      return;
    }
    const announces = comment !== '' || held.at(-1)?.toString() === dashes;
    comment = announces && unfinished.test(text) ? text : '';
    if (comment !== '') {
      held.push(line);
      return;
    }
    const next = announcedIn(text, announces);
    if (next !== undefined) follow(next);
    // MariaDB 11 and later end the rows' own transaction with this line.
    else if (unlocked && text !== 'commit;\n') {
      unlocked = false;
      startPart({ section: 'after' });
    }
    flushHeld();
    emit(line);
    if (/^DELIMITER (?!;\n)/.test(text)) delimited = true;
    if (part.section === 'rows' && text === 'UNLOCK TABLES;\n') unlocked = true;
  };

  /** Takes what it can of a line that starts at `at`; where it got to: `at` when it must see more. */
  const lineFrom = (input: Buffer, at: number, ended: boolean): number => {
    const found = input.indexOf(newline, at);
    const stop = found < 0 ? input.length : found + 1;
    if (found < 0 && stop - at < lineHead && !ended) return at;
    if (part.section === 'rows' && !unlocked && startsWith(input, statementStart, at)) {
      flushHeld();
      mode = 'rows';
      return at;
    }
    const headEnd = Math.min(stop, at + lineHead);
    takeLine(input.subarray(at, headEnd));
    if (headEnd < stop || found < 0) mode = 'within-line';
    return headEnd;
  };

  const restOfLineFrom = (input: Buffer, at: number): number => {
    const found = input.indexOf(newline, at);
    const stop = found < 0 ? input.length : found + 1;
    emit(input.subarray(at, stop));
    if (found >= 0) mode = 'lines';
    return stop;
  };

  /** Takes rows from `at` on; what it leaves is too short to tell what it is. */
  const rowsFrom = (input: Buffer, at: number, ended: boolean): number => {
    const end = input.indexOf(rowsEnd, at);
    const limit = end < 0 ? input.length : end + 1;
    let search = at + Math.max(0, rowBytes - size - statementEnd.length);
    for (;;) {
      const found = search < limit ? input.indexOf(statementEnd, search) : -1;
      const cut = found + statementEnd.length;
      if (found < 0 || cut > limit) break;
      if (!ended && cut + statementStart.length > input.length) {
        emit(input.subarray(at, found));
        return found;
      }
      if (startsWith(input, statementStart, cut)) {
        emit(input.subarray(at, cut));
        startPart({ index: part.index + 1 });
        return cut;
      }
      search = cut;
    }
    if (end >= 0) mode = 'lines';
    const stop = end >= 0 || ended ? limit : Math.max(at, limit - rowsEnd.length + 1);
    emit(input.subarray(at, stop));
    return stop;
  };

  let rest: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer, ended: boolean): PartChunk[] => {
    const input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at < input.length) {
      const before = at;
      const modeBefore = mode;
      if (mode === 'rows') at = rowsFrom(input, at, ended);
      else if (mode === 'within-line') at = restOfLineFrom(input, at);
      else at = lineFrom(input, at, ended);
      if (at === before && mode === modeBefore) break;
    }
    rest = input.subarray(at);
    if (ended) flushHeld();
    const taken = out;
    out = [];
    return taken;
  };
  /** What is left of one chunk is joined to the head of the next alone: joined to all of it, every byte would be copied. */
  const push = (chunk: Buffer): PartChunk[] => {
    if (rest.length === 0 || chunk.length <= joint) return take(chunk, false);
    const joined = take(chunk.subarray(0, joint), false);
    if (rest.length > joint) return [...joined, ...take(chunk.subarray(joint), false)];
    const from = joint - rest.length;
    rest = chunk.subarray(0, 0);
    return [...joined, ...take(chunk.subarray(from), false)];
  };
  return { push, end: () => take(Buffer.alloc(0), true) };
}

/** Whether these bytes are at a place of the input. */
export const startsWith = (input: Buffer, what: Buffer, at: number): boolean =>
  input.length - at >= what.length && input.compare(what, 0, what.length, at, at + what.length) === 0;

const objectKinds: ReadonlySet<PartKind> = new Set(['table', 'view', 'sequence']);

const quoted = '`((?:[^`]|``)*)`';
const named = [
  { kind: 'table', line: new RegExp(`^-- Table structure for table ${quoted}`) },
  // MariaDB writes "Temporary table structure for view", MySQL "Temporary view structure for view".
  { kind: 'view', line: new RegExp(`^-- Temporary (?:table|view) structure for view ${quoted}`) },
  { kind: 'sequence', line: new RegExp(`^-- Sequence structure for ${quoted}`) },
  { kind: 'view-body', line: new RegExp(`^-- Final view structure for view ${quoted}`) },
] as const;
/** A name may hold line breaks: then the comment goes on in the next line, behind another `-- `. */
const unfinished =
  /^-- (?:Table structure for table|Temporary (?:table|view) structure for view|Sequence structure for|Dumping data for table|Final view structure for view) `(?:[^`]|``)*$/;
/** After the tables: `events`, `routines`, and whatever else a later version may put beside the routines. */
const collection = /^-- Dumping (\w+) for database /;
/** The first line of the footer, where a dump has neither events nor routines nor views. */
const footer = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n';

/**
 * What of the part that comes next a line of a dump announces; undefined for an ordinary one. Rows are of the table before.
 *
 * @param afterDashes whether the line before was `--`, as it is above every comment of the dump programs
 */
function announcedIn(line: string, afterDashes: boolean): Partial<PartId> | undefined {
  if (line === footer) return { kind: 'final', object: null };
  if (!afterDashes) return undefined;
  for (const { kind, line: pattern } of named) {
    const name = pattern.exec(line)?.[1];
    if (name !== undefined) return { kind, object: name.replaceAll('``', '`') };
  }
  if (line.startsWith('-- Dumping data for table ')) return { section: 'rows' };
  const things = collection.exec(line)?.[1];
  return things === undefined
    ? undefined
    : { kind: things === 'events' ? 'events' : 'routines', object: null };
}

import type { Inventory } from '../database/inventory.ts';
import type { PartChunk } from './cutter.ts';
import type { PartKind } from './part.ts';

/** What a dump was seen to create. */
export interface FoundObjects {
  readonly tables: ReadonlySet<string>;
  readonly views: ReadonlySet<string>;
  readonly sequences: ReadonlySet<string>;
  readonly routines: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  readonly triggers: ReadonlySet<string>;
  /** MariaDB dumps triggers in the words that they were written in: where a name cannot be read, their number counts. */
  readonly triggerCount: number;
}

/** Names what a database has and its dump has not, as `view overtime`; empty when nothing is missing. */
export function missingObjects(inventory: Inventory, found: FoundObjects): string[] {
  const lacking = (kind: string, names: readonly string[], seen: ReadonlySet<string>): string[] =>
    names.filter((each) => !seen.has(each)).map((each) => `${kind} ${each}`);
  return [
    ...lacking(
      'table',
      inventory.tables.map((table) => table.name),
      found.tables,
    ),
    ...lacking('view', inventory.views, found.views),
    ...lacking('sequence', inventory.sequences, found.sequences),
    ...lacking(
      'routine',
      inventory.routines.map((routine) => routine.name),
      found.routines,
    ),
    ...lacking('event', inventory.events, found.events),
    ...(found.triggerCount >= inventory.triggers.length
      ? []
      : lacking('trigger', inventory.triggers, found.triggers)),
  ];
}

const quotedName = String.raw`(\`(?:[^\`]|\`\`)+\`|"(?:[^"]|"")+"|[^\s\`"(]+)`;
const definer = String.raw`(?:DEFINER=\S+ )?`;
const patterns = [
  { set: 'views', line: new RegExp(String.raw`^/\*!50001 VIEW ${quotedName} `) },
  { set: 'events', line: new RegExp(String.raw`^/\*!50106 CREATE\*/ .*?EVENT ${quotedName}`, 'i') },
  {
    set: 'routines',
    line: new RegExp(
      String.raw`^CREATE (?:OR REPLACE )?${definer}(?:AGGREGATE )?(?:PROCEDURE|FUNCTION|PACKAGE BODY|PACKAGE|LIBRARY) ${quotedName}`,
      'i',
    ),
  },
  {
    set: 'triggers',
    line: new RegExp(
      String.raw`^/\*!50003 CREATE\*/ .*?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:${quotedName}\s*\.\s*)?${quotedName}`,
      'i',
    ),
  },
] as const;
const triggerLine = '/*!50003 CREATE*/ ';

/** The parts in which views, events and routines are made. */
const bodies: ReadonlySet<PartKind> = new Set(['events', 'routines', 'view-body', 'final']);

/** Watches the parts of a dump go by, for what they create. */
export function createObjectFinder(): { observe(chunk: PartChunk): void; found(): FoundObjects } {
  const sets = {
    tables: new Set<string>(),
    views: new Set<string>(),
    sequences: new Set<string>(),
    routines: new Set<string>(),
    events: new Set<string>(),
    triggers: new Set<string>(),
  };
  let triggerCount = 0;
  const lines = createLineHeads((head) => {
    if (head.startsWith(triggerLine)) triggerCount += 1;
    for (const { set, line } of patterns) {
      const match = line.exec(head);
      if (match !== null) sets[set].add(unquoted(match[2] ?? match[1] ?? ''));
    }
  });
  return {
    observe: ({ part, data }) => {
      if (part.kind === 'table' && part.section === 'structure') sets.tables.add(part.object ?? '');
      if (part.kind === 'sequence') sets.sequences.add(part.object ?? '');
      if (bodies.has(part.kind) || part.section === 'after') lines(data);
    },
    found: () => ({ ...sets, triggerCount }),
  };
}

/** What a line that creates something says first fits into this: names, accounts, keywords. */
const headLength = 2048;

/** Hands on the head of every line, however the bytes are chunked. */
function createLineHeads(take: (head: string) => void): (data: Buffer) => void {
  let head: Buffer = Buffer.alloc(0);
  return (data) => {
    let at = 0;
    while (at < data.length) {
      const end = data.indexOf(0x0a, at);
      const line = data.subarray(at, end < 0 ? data.length : end);
      if (head.length < headLength) head = Buffer.concat([head, line.subarray(0, headLength - head.length)]);
      if (end < 0) return;
      take(head.toString('utf8'));
      head = Buffer.alloc(0);
      at = end + 1;
    }
  };
}

function unquoted(quoted: string): string {
  const mark = quoted[0];
  if (mark !== '`' && mark !== '"') return quoted;
  return quoted.slice(1, -1).replaceAll(mark + mark, mark);
}

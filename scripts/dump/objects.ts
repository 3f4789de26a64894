import type { Inventory } from '../database/inventory.ts';
import type { PartChunk } from './cutter.ts';
import type { PartKind } from './part.ts';

/** What a dump was seen to create: names, cut after their first line where they have several. */
export interface FoundObjects {
  readonly tables: ReadonlySet<string>;
  readonly views: ReadonlySet<string>;
  readonly sequences: ReadonlySet<string>;
  /** Kind and name: a procedure and a function may have the same one. */
  readonly routines: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  readonly triggers: ReadonlySet<string>;
  /** MariaDB dumps triggers in the words that they were written in: where a name cannot be read, their number counts. */
  readonly triggerCount: number;
  /** How many names of each set are in another charset than the dump, as bodies are: there the number counts. */
  readonly unreadable: Readonly<Record<'views' | 'routines' | 'events', number>>;
}

/** Names what a database has and its dump has not, as `view overtime`; empty when nothing is missing. */
export function missingObjects(inventory: Inventory, found: FoundObjects): string[] {
  const lacking = (
    kind: string,
    names: readonly string[],
    seen: ReadonlySet<string>,
    unreadable = 0,
  ): string[] => {
    const missing = names.filter((each) => !seen.has(each) && !seen.has(firstLine(each)));
    return missing.length <= unreadable ? [] : missing.map((each) => `${kind} ${each}`);
  };
  const routines = inventory.routines.filter(
    ({ name, kind }) => !found.routines.has(routineKey(kind, firstLine(name))),
  );
  return [
    ...lacking(
      'table',
      inventory.tables.map((table) => table.name),
      found.tables,
    ),
    ...lacking('view', inventory.views, found.views, found.unreadable.views),
    ...lacking('sequence', inventory.sequences, found.sequences),
    ...(routines.length <= found.unreadable.routines
      ? []
      : routines.map(({ name, kind }) => `${kind.toLowerCase()} ${name}`)),
    ...lacking('event', inventory.events, found.events, found.unreadable.events),
    ...(found.triggerCount >= inventory.triggers.length
      ? []
      : lacking('trigger', inventory.triggers, found.triggers)),
  ];
}

/** A dump is read line by line: of a name that has several, the first one shows. */
const firstLine = (name: string): string => name.split('\n', 1)[0] ?? '';
const routineKey = (kind: string, name: string): string => `${kind.toUpperCase()} ${name}`;

const quoted = String.raw`\`(?:[^\`]|\`\`)+(?:\`|$)|"(?:[^"]|"")+(?:"|$)`;
const quotedName = String.raw`(${quoted}|[^\s\`"(]+)`;
// An account may hold blanks and quotes; a role of MariaDB's has no host.
const definer = String.raw`(?:DEFINER=(?:(?:${quoted})(?:@(?:${quoted}))?|\S+) )?`;
const patterns = [
  { set: 'views', line: new RegExp(String.raw`^/\*!50001 VIEW ${quotedName}`) },
  { set: 'events', line: new RegExp(String.raw`^/\*!50106 CREATE\*/ .*?EVENT ${quotedName}`, 'i') },
  {
    set: 'routines',
    line: new RegExp(
      String.raw`^CREATE (?:OR REPLACE )?${definer}(?:AGGREGATE )?(?<kind>PROCEDURE|FUNCTION|PACKAGE BODY|PACKAGE|LIBRARY) ${quotedName}`,
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
  const unreadable = { views: 0, routines: 0, events: 0, triggers: 0 };
  let triggerCount = 0;
  const lines = createLineHeads((head) => {
    if (head.startsWith(triggerLine)) triggerCount += 1;
    for (const { set, line } of patterns) {
      const match = line.exec(head);
      if (match === null) continue;
      const kind = match.groups?.['kind'];
      const name = unquoted(match.findLast((group: string | undefined) => group !== undefined) ?? '');
      if (name.includes(undecoded)) unreadable[set] += 1;
      sets[set].add(kind === undefined ? name : routineKey(kind, name));
    }
  });
  return {
    observe: ({ part, data }) => {
      if (part.kind === 'table' && part.section === 'structure') sets.tables.add(part.object ?? '');
      if (part.kind === 'sequence') sets.sequences.add(part.object ?? '');
      if (bodies.has(part.kind) || part.section === 'after') lines(data);
    },
    found: () => ({ ...sets, triggerCount, unreadable }),
  };
}

/** What stands for bytes that are no UTF-8. */
const undecoded = '\uFFFD';

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
  // The name goes on in the next line where its quote does not end.
  const end = /^(?:`(?:[^`]|``)+`|"(?:[^"]|"")+")$/.test(quoted) ? -1 : undefined;
  return quoted.slice(1, end).replaceAll(mark + mark, mark);
}

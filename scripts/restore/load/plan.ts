import type { ManifestPart } from '../../backup/manifest.ts';

/** The parts that one table is made of. */
export interface TableParts {
  readonly name: string;
  readonly structure: ManifestPart;
  /** In the order of the dump. */
  readonly rows: readonly ManifestPart[];
  /** Its triggers; null when it has none. */
  readonly after: ManifestPart | null;
  /** Plain bytes of its rows. */
  readonly rowBytes: number;
}

/** What is to be loaded, in the order in which it can be. */
export interface LoadPlan {
  readonly header: ManifestPart;
  /** A column's default may ask a sequence: these come first. */
  readonly sequences: readonly ManifestPart[];
  /** The table with the most rows first, so that the longest work does not come last. */
  readonly tables: readonly TableParts[];
  /** Triggers of tables that are themselves left as they are. */
  readonly triggers: readonly ManifestPart[];
  /** Stand-ins for views, then events, routines and the views themselves. */
  readonly code: readonly ManifestPart[];
  /** Plain bytes of all of it. */
  readonly bytes: number;
}

/** What of a backup is loaded, or what of a database is dropped. */
export interface Selection {
  readonly tables: ReadonlySet<string>;
  readonly sequences: ReadonlySet<string>;
  /** Tables of which it is the triggers only. */
  readonly triggersOf: ReadonlySet<string>;
  /** Events, routines and views: all or none, since they may need each other. */
  readonly code: boolean;
}

/** Tables with their triggers, and nothing else. */
export const onlyTables = (tables: ReadonlySet<string>): Selection => ({
  tables,
  sequences: new Set(),
  triggersOf: new Set(),
  code: false,
});

/**
 * Arranges the parts of a backup for loading.
 *
 * @param rowParts the names of the parts of rows that are loaded; not given: all of them
 */
export function planLoad(
  parts: readonly ManifestPart[],
  selection?: Selection,
  rowParts?: ReadonlySet<string>,
): LoadPlan {
  const header = parts.find(({ kind }) => kind === 'header');
  if (header === undefined) throw new Error('a backup without a header');
  const wanted = (set: ReadonlySet<string> | undefined, part: ManifestPart): boolean =>
    set === undefined || set.has(part.object ?? '');
  const sequences = parts.filter((part) => part.kind === 'sequence' && wanted(selection?.sequences, part));
  const tables = tablesOf(
    parts.filter(
      (part) =>
        part.kind === 'table' &&
        wanted(selection?.tables, part) &&
        (part.section !== 'rows' || rowParts?.has(part.name) !== false),
    ),
  );
  const triggers = parts.filter(
    (part) => part.section === 'after' && selection?.triggersOf.has(part.object ?? '') === true,
  );
  const isCode = selection === undefined || selection.code;
  const code = isCode ? codeParts.flatMap((kind) => parts.filter((part) => part.kind === kind)) : [];
  const loaded = [
    ...sequences,
    ...tables.flatMap(({ structure, rows, after }) => [
      structure,
      ...rows,
      ...(after === null ? [] : [after]),
    ]),
    ...triggers,
    ...code,
  ];
  return {
    header,
    sequences,
    tables: tables.toSorted((a, b) => b.rowBytes - a.rowBytes),
    triggers,
    code,
    bytes: loaded.reduce((sum, part) => sum + part.bytes, 0),
  };
}

/** `final` is here for backups of the format's first days, which had everything in it; today it is the footer. */
const codeParts = ['view', 'events', 'routines', 'view-body', 'final'] as const;

function tablesOf(parts: readonly ManifestPart[]): TableParts[] {
  const byName = new Map<string, ManifestPart[]>();
  for (const part of parts) {
    const name = part.object ?? '';
    byName.set(name, [...(byName.get(name) ?? []), part]);
  }
  return [...byName].flatMap(([name, own]) => {
    const structure = own.find(({ section }) => section === 'structure');
    if (structure === undefined) return [];
    const rows = own.filter(({ section }) => section === 'rows');
    const after = own.find(({ section }) => section === 'after') ?? null;
    return [{ name, structure, rows, after, rowBytes: rows.reduce((sum, part) => sum + part.bytes, 0) }];
  });
}

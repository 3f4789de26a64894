/** A comment line of a dump that says what comes next. */
export type Marker =
  | { readonly kind: 'object'; readonly objectKind: 'table' | 'view' | 'sequence'; readonly name: string }
  | { readonly kind: 'rows' }
  | { readonly kind: 'tail'; readonly tailKind: 'events' | 'routines' | 'final'; readonly name: null }
  | { readonly kind: 'tail'; readonly tailKind: 'view-body'; readonly name: string };

const quoted = '`((?:[^`]|``)*)`';
const objects = [
  { objectKind: 'table', line: new RegExp(`^-- Table structure for table ${quoted}`) },
  // MariaDB writes "Temporary table structure for view", MySQL "Temporary view structure for view".
  { objectKind: 'view', line: new RegExp(`^-- Temporary (?:table|view) structure for view ${quoted}`) },
  { objectKind: 'sequence', line: new RegExp(`^-- Sequence structure for ${quoted}`) },
] as const;
const unfinished =
  /^-- (?:Table structure for table|Temporary (?:table|view) structure for view|Sequence structure for|Dumping data for table|Final view structure for view) `(?:[^`]|``)*$/;
/** After the tables: `events`, `routines`, and whatever else a later version may put beside the routines. */
const collection = /^-- Dumping (\w+) for database /;
const viewBody = new RegExp(`^-- Final view structure for view ${quoted}`);
/** The first line of the footer, where a dump has neither events nor routines nor views. */
const footer = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n';

/**
 * What a line of a dump announces; undefined for an ordinary one.
 *
 * @param afterDashes whether the line before was `--`, as it is above every comment of the dump programs
 */
export function markerIn(line: string, afterDashes: boolean): Marker | undefined {
  if (line === footer) return { kind: 'tail', tailKind: 'final', name: null };
  if (!afterDashes) return undefined;
  for (const { objectKind, line: pattern } of objects) {
    const name = pattern.exec(line)?.[1];
    if (name !== undefined) return { kind: 'object', objectKind, name: unquoted(name) };
  }
  if (line.startsWith('-- Dumping data for table ')) return { kind: 'rows' };
  const view = viewBody.exec(line)?.[1];
  if (view !== undefined) return { kind: 'tail', tailKind: 'view-body', name: unquoted(view) };
  const things = collection.exec(line)?.[1];
  if (things === undefined) return undefined;
  return { kind: 'tail', tailKind: things === 'events' ? 'events' : 'routines', name: null };
}

/** Whether a comment of the dump programs goes on in the next line, behind another `-- `: a name may hold line breaks. */
export const goesOn = (line: string): boolean => unfinished.test(line);

const unquoted = (name: string): string => name.replaceAll('``', '`');

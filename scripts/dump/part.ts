/**
 * What a part of a dump belongs to. A `view` part makes a stand-in for the view, which others can refer to; the view
 * itself comes in its `view-body`, after all tables, events and routines. `final` is the footer.
 */
export type PartKind =
  'header' | 'table' | 'view' | 'sequence' | 'events' | 'routines' | 'view-body' | 'final';

/** Which piece of it: its structure, its rows, or what follows the rows (the triggers). */
export type PartSection = 'structure' | 'rows' | 'after';

/** A part of a dump: a stretch of its bytes. All parts in the order of their names are the dump. */
export interface PartId {
  readonly kind: PartKind;
  /** The real name of the table, view or sequence; null for header and final. */
  readonly object: string | null;
  readonly section: PartSection;
  /** The place in the dump: of tables, views and sequences from 1, of what follows them from 0 again; 0: the header. */
  readonly number: number;
  /** Rows are cut into pieces: which one, from 0. */
  readonly index: number;
}

/** What tells a part from others in any dump of the same database, where numbers may have moved. */
export const partKey = (part: PartId): string =>
  `${part.kind} ${part.object ?? ''} ${part.section} ${part.index}`;

/**
 * The file name of a part, without the extension of the compression. Names sort (byte by byte) in the order of the
 * dump: that is what lets a person put it together with `cat` alone.
 */
export function partFileName(part: PartId): string {
  switch (part.kind) {
    case 'header':
      return '0000-header.sql';
    case 'events':
    case 'routines':
    case 'final':
      return `9${sortable(part.number, 3, 998)}-${part.kind}.sql`;
    case 'view-body':
      return `9${sortable(part.number, 3, 998)}-${fileSafe(part.object ?? '')}.view-body.sql`;
    case 'view':
    case 'sequence':
      return `${sortable(part.number, 4, 8999)}-${fileSafe(part.object ?? '')}.${part.kind}.sql`;
    case 'table':
      return `${sortable(part.number, 4, 8999)}-${fileSafe(part.object ?? '')}.${tableSuffix(part)}.sql`;
  }
}

function tableSuffix(part: PartId): string {
  switch (part.section) {
    case 'structure':
      return '1-table';
    case 'rows':
      return `2-data-${sortable(part.index, 3, 999)}`;
    case 'after':
      return '3-after';
  }
}

/** A number that sorts as text: `0007`, and from `most` on `8999` followed by seven more digits. */
function sortable(number: number, digits: number, most: number): string {
  return number < most
    ? String(number).padStart(digits, '0')
    : `${most}${String(number - most).padStart(7, '0')}`;
}

/** A name that every file system and shell takes; the manifest holds the real one. */
function fileSafe(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 60);
}

/** Whether a part is rows of a table. */
export const isRows = ({ kind, section }: PartId): boolean => kind === 'table' && section === 'rows';

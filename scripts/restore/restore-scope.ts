import * as v from 'valibot';
import { quoteWords } from '../system/process/shell-words.ts';

/** What of a backup a restore puts back, as it is kept in the mark of one that did not come to its end. */
export const scopeSchema = v.object({
  /** The tables that were asked for; `whole`: everything; `none`: the database stays as it is. */
  database: v.union([v.picklist(['whole', 'none']), v.array(v.string())]),
  files: v.boolean(),
  definers: v.picklist(['keep', 'current']),
  /** It was asked for a backup of a database of another name. */
  ofAnother: v.optional(v.literal(true)),
});

/** What of a backup a restore puts back. */
export type RestoreScope = v.InferOutput<typeof scopeSchema>;

/** Whether a restore leaves nothing half done of one that did not come to its end: pure. */
export function coversScope(scope: RestoreScope, unfinished: RestoreScope): boolean {
  if (unfinished.files && !scope.files) return false;
  const [puts, left] = [scope.database, unfinished.database];
  if (left === 'none' || puts === 'whole') return true;
  return left !== 'whole' && puts !== 'none' && left.every((table) => puts.includes(table));
}

/** The command that asks for it. */
export function restoreCommand(id: string, { database, files, definers, ofAnother }: RestoreScope): string {
  const what =
    database === 'none'
      ? ['--files-only']
      : database === 'whole'
        ? files
          ? []
          : ['--database-only']
        : ['--tables', database.join(',')];
  const whom = definers === 'keep' ? [] : ['--definers', definers];
  return quoteWords([
    'maj',
    'restore',
    id,
    ...what,
    ...whom,
    ...(ofAnother === true ? ['--of-another'] : []),
  ]);
}

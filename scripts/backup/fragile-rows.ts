import type { Context } from '../context.ts';
import { findFragileValues, fragilitiesOf, type FragileColumn } from '../database/fragile-values.ts';
import { withSession } from '../database/session.ts';
import { sqlErrorOf } from '../database/sql-error.ts';
import { targetFromConfig } from '../database/target.ts';
import { MajError } from '../errors.ts';
import type { PartDifference } from './differences.ts';
import type { Backup } from './list.ts';

/**
 * Looks in the live database for why rows came back as others: values that no dump of its server brings back. A proof
 * that has failed is explained by it, and never decided: where the live database cannot be asked, there are none.
 */
export async function fragileRows(
  context: Context,
  backup: Backup,
  differences: readonly PartDifference[],
): Promise<FragileColumn[]> {
  const { name, server } = backup.manifest.database;
  const tables = differences
    .filter(({ id }) => id.kind === 'table' && id.section === 'rows')
    .map(({ id }) => id.object ?? '');
  if (tables.length === 0) return [];
  try {
    const target = targetFromConfig(context);
    if (target.database !== name) return [];
    return await withSession(context, target, (session) =>
      findFragileValues(session, name, fragilitiesOf(server.flavour), tables),
    );
  } catch (error) {
    if (error instanceof MajError || sqlErrorOf(error) !== undefined) return [];
    throw error;
  }
}

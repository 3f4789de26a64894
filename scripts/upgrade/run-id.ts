import type { Context } from '../context.ts';
import { runIds } from './runs.ts';

/** The id of a new run: unique under the lock, and after those of all runs before. */
export const newRunId = async (context: Pick<Context, 'projectDir' | 'clock'>): Promise<string> =>
  nextRunId(context.clock.now(), await runIds(context));

const form = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z$/;

/**
 * The time as an id that sorts by time. Where a clock was ahead once, or has been set back since: an instant after the
 * newest of the others, for the order of the runs is read from their ids. Pure.
 *
 * @param others in any order; those of another form do not count
 */
export function nextRunId(now: Date, others: readonly string[]): string {
  const newest = others.filter((id) => form.test(id)).reduce((a, b) => (a > b ? a : b), '');
  const id = idOf(now);
  if (id > newest) return id;
  return idOf(new Date(Date.parse(newest.replace(form, '$1-$2-$3T$4:$5:$6.$7Z')) + 1));
}

const idOf = (at: Date): string => at.toISOString().replaceAll(/[-:.]/g, '');

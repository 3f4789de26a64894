import { note, type warn, type Context } from './context.ts';
import { reasonOf } from './errors.ts';

/**
 * Does what is only bookkeeping or cleaning up: that it fails is told, and is no failure of what was done before it.
 *
 * @param path what it was about
 * @param tell `warn` where the user should look at it
 */
export async function orLeftOver(
  context: Pick<Context, 'report'>,
  path: string,
  work: () => Promise<unknown>,
  tell: typeof note | typeof warn = note,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell(context, 'left-over', { path, reason: reasonOf(error) });
  }
}

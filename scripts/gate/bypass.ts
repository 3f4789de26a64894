import type { Context } from '../core/context.ts';
import { MajError, wrongUsage, type ErrorCode } from '../core/errors.ts';

/** What may be pushed all the same by whoever says why. What the gate does not understand is not among it. */
const bypassable: readonly ErrorCode[] = ['gate-refused', 'gate-deletion', 'gate-content'];

const fewestLetters = 3;

/**
 * Why the gate is to be bypassed, from the environment of this one push; undefined: it is not.
 *
 * @throws MajError `gate-bypass-reason` for a word that says nothing, such as 1
 */
export function bypassReason({ env }: Pick<Context, 'env'>): string | undefined {
  const reason = env['MAJ_GATE_BYPASS'];
  if (reason === undefined || reason === '') return undefined;
  const letters = reason.match(/\p{L}/gu)?.length ?? 0;
  if (letters < fewestLetters || /^(?:yes|true|on)$/i.test(reason.trim()))
    throw wrongUsage('gate-bypass-reason', { reason });
  return reason.trim();
}

/** What was refused; undefined where it was not. Whatever cannot be bypassed is thrown. */
export async function refusalOf(
  work: () => Promise<void>,
  reason: string | undefined,
): Promise<MajError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (reason !== undefined && error instanceof MajError && bypassable.includes(error.code)) return error;
    throw error;
  }
}

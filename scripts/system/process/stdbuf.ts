import type { Context } from '../../core/context.ts';
import { findProgram } from './processes.ts';

/** As much as a program gathers before it writes. */
const pieceBytes = 256 * 1024;

/**
 * The command that runs a program of the C library's so that it writes its output in large pieces. Into a pipe the
 * library writes 4 KB at a time, and each of them wakes the reader: of a dump of 1 GB that is 250,000 times, which take
 * us 4 s of processor time and the program 1.5 s more. `stdbuf` (GNU coreutils) runs the program in its own process; where
 * it is not there, or the program is linked statically, the pieces stay small.
 */
export async function inLargePieces(
  context: Pick<Context, 'env'>,
  program: string,
  args: readonly string[],
): Promise<{ readonly program: string; readonly args: readonly string[] }> {
  const stdbuf = await findProgram(context, 'stdbuf');
  if (stdbuf === undefined) return { program, args };
  return { program: stdbuf, args: [`--output=${pieceBytes}`, program, ...args] };
}

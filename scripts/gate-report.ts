import { openReport, refusedReport, type GateReport } from './cli/gate-formats.ts';
import type { VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { MajError } from './core/errors.ts';
import { exitCodes } from './core/exit-codes.ts';

/**
 * The answer of `maj gate --commit` as a report for CI. A refusal is a report, too; the exit code tells.
 *
 * @param judge throws what is refused
 */
export async function report(
  context: Pick<Context, 'config'>,
  format: GateReport,
  judge: () => Promise<VerbResult>,
): Promise<VerbResult> {
  try {
    const open = await judge();
    return { ...open, text: (messages) => openReport(format, open.data, open.text(messages)) };
  } catch (error) {
    if (!(error instanceof MajError) || error.exitCode !== exitCodes.refused) throw error;
    const { code, facts } = error;
    return {
      data: { code, facts },
      text: (messages) => refusedReport(format, error, messages, context.config.MIGRATIONS_DIR),
      exitCode: exitCodes.refused,
    };
  }
}

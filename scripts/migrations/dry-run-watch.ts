import type { Context } from '../context.ts';
import { readSchema, type Schema } from '../database/fingerprint.ts';
import type { Session } from '../database/session.ts';
import { neededAlgorithm, type Algorithm } from './alter-algorithm.ts';
import type { Measured, StatementEvidence } from './evidence.ts';
import type { Watch } from './execute.ts';
import type { Step } from './flow.ts';

/** What a dry run saw beside what the statements themselves answered. */
export interface Seen {
  readonly evidence: readonly StatementEvidence[];
  readonly measured: readonly Measured[];
}

/** Warnings that are told word by word. */
const mostMessages = 3;

/**
 * Looks on while the scripts run on a copy: the schema after each statement that may have changed it, the algorithm that
 * each ALTER TABLE needed, and what the server warned of.
 *
 * @param eyes a session of its own, in the copy
 * @param probe another one, where tables are tried on
 */
export function createDryRunWatch(
  context: Pick<Context, 'signal'>,
  copy: { readonly eyes: Session; readonly probe: Session; readonly database: string },
): { readonly watch: Watch; readonly seen: () => Seen } {
  const evidence: StatementEvidence[] = [];
  const measured: Measured[] = [];
  /** Of the schema as it is; asked for once the ledger is there, which is part of it on the live server as well. */
  let schema: Schema | undefined;
  let algorithm: Algorithm | undefined;
  const mayChangeSchema = ({ statement: { kind } }: Step): boolean => kind === 'alone' || kind === 'call';
  return {
    watch: {
      before: async ({ statement }) => {
        schema ??= await readSchema(copy.eyes, copy.database);
        algorithm =
          statement.kind === 'alone' && !context.signal.aborted
            ? await neededAlgorithm(copy.probe, copy.database, statement.text)
            : undefined;
      },
      after: async (version, step, run, session) => {
        const told = run.warnings > 0 ? await warningsOf(session) : { messages: [], warned: [] };
        const { number, line, hash } = run;
        if (algorithm !== undefined || told.messages.length > 0)
          measured.push({ version, number, line, algorithm, ...told });
        if (!mayChangeSchema(step)) return;
        const after = await readSchema(copy.eyes, copy.database);
        evidence.push({
          version,
          number,
          hash,
          before: schema?.fingerprint ?? '',
          after: after.fingerprint,
          tablesAfter: after.tables,
          unowned: { before: schema?.unowned ?? '', after: after.unowned },
        });
        schema = after;
      },
    },
    seen: () => ({ evidence, measured }),
  };
}

/** In the words of the server; a value of a row may be among them, which is why they stay in the terminal. */
async function warningsOf(session: Session): Promise<Pick<Measured, 'messages' | 'warned'>> {
  const rows = await session.rows('SHOW WARNINGS');
  const messages = rows
    .slice(0, mostMessages)
    .map((row) => `${String(row['Code'])} ${String(row['Message'])}`);
  const warnings = rows.filter((row) => row['Level'] !== 'Note').map((row) => Number(row['Code']));
  return { messages, warned: [...new Set(warnings)] };
}

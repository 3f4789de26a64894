import type { VerbArguments } from './cli/verb.ts';
import { loadSettings } from './config/load.ts';
import type { Context } from './core/context.ts';
import { isFailure, MajError } from './core/errors.ts';
import { migrateVerb } from './migrate.ts';
import { readMigrations } from './migrations/folder.ts';
import { migrationsFolder } from './migrations/scripts-folder.ts';
import { rehearseVerb } from './rehearse.ts';

type Asking = Omit<VerbArguments, 'options'>;

/** The first rehearsal, after which this project may push; what stood in its way, if anything did. */
export async function rehearseFirst(calling: Context, args: Asking): Promise<MajError | undefined> {
  const { config, env } = loadSettings(calling.projectDir, {}, calling.env);
  const context: Context = { ...calling, config, env };
  const work = async (): Promise<void> => {
    await rehearseVerb.run(context, { ...args, options: {} });
  };
  try {
    await work().catch(async (error: unknown) => {
      if (!isFailure(error, 'history-unknown')) throw error;
      await tellHistory(context, args, error);
      await work();
    });
    return undefined;
  } catch (error) {
    if (error instanceof MajError) return error;
    throw error;
  }
}

/**
 * Tells what a database has been through that has tables and no ledger: by another program's record, or by whoever is asked.
 *
 * @throws MajError `unknown` where neither tells
 */
async function tellHistory(context: Context, args: Asking, unknown: MajError): Promise<void> {
  try {
    await migrateVerb.run(context, { ...args, positionals: ['adopt'], options: {} });
    return;
  } catch (error) {
    if (!isFailure(error, 'adopt-nothing')) throw error;
  }
  const scripts = await readMigrations(await migrationsFolder(context, { use: 'read' }), context.config);
  // `--yes` cannot know that.
  if (args.yes) throw unknown;
  const baseline = ['baseline', scripts.at(-1)?.version ?? '0'];
  try {
    await migrateVerb.run(context, { ...args, positionals: baseline, options: {} });
  } catch (error) {
    // It may have been through some of them: what is unknown says how to tell that.
    if (isFailure(error, 'not-confirmed')) throw unknown;
    throw error;
  }
}

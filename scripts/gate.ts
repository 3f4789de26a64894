import { backupsOf, listBackups } from './backup/list.ts';
import type { Verb, VerbArguments } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { refused, wrongUsage } from './core/errors.ts';
import { configuredDatabase } from './database/whose.ts';
import { resolveCommit, scriptsInCommit } from './gate/commit.ts';
import { decideGate, isDeletion, parsePushedRefs, refsToBranch } from './gate/decide.ts';
import { readReceipts, receiptsOf, runSettings, type Receipt } from './rehearsal/receipt.ts';

/** The commits that would go to the deploy branch: git's lines on standard input, or `--commit`. */
async function pushedCommits(context: Context, args: VerbArguments<'commit'>): Promise<string[]> {
  const { commit } = args.options;
  if (typeof commit === 'string') return [await resolveCommit(context, commit)];
  const input = await args.readStdin();
  // On a terminal nobody was asked about anything: "open" would be an answer to no question.
  const refs = input === undefined ? undefined : parsePushedRefs(input);
  if (refs === undefined) throw wrongUsage('gate-input', {});
  const branch = context.config.DEPLOY_BRANCH;
  const toBranch = refsToBranch(refs, branch);
  if (toBranch.some(isDeletion)) throw refused('gate-deletion', { branch });
  return toBranch.map((ref) => ref.localSha);
}

/** Whether a commit may go to the deploy branch; the receipt that allows it. */
async function check(context: Context, commit: string): Promise<Receipt> {
  // The database is not asked: a push is not to wait for it.
  const database = configuredDatabase(context);
  const backups = backupsOf(database, await listBackups(context));
  const decision = decideGate({
    scripts: await scriptsInCommit(context, commit),
    backups: backups.map(({ id, manifest, proof }) => ({
      id,
      createdAt: manifest.createdAt,
      proven: proof !== null,
    })),
    receipts: receiptsOf(database, await readReceipts(context)),
    settings: runSettings(context.config),
    now: context.clock.now(),
    maxAgeMs: context.config.BACKUP_MAX_AGE,
  });
  if (decision.open) return decision.receipt;
  throw refused('gate-refused', {
    branch: context.config.DEPLOY_BRANCH,
    commit,
    database,
    reasons: decision.reasons,
  });
}

/** `maj gate`: the pre-push hook's question, answered from what was rehearsed. */
export const gateVerb: Verb<'commit'> = {
  name: 'gate',
  summary: 'Decides, as git’s pre-push hook, whether a push to the deploy branch may go through.',
  usage: ['gate [REMOTE] [URL] < git’s lines', 'gate --commit COMMIT'],
  options: {
    commit: {
      type: 'string',
      value: 'COMMIT',
      help: 'Judge this commit instead of reading git’s lines: for CI.',
    },
  },
  needsSettings: true,
  async run(context, args) {
    // git hands over two words; a single one is a commit whose option did not come through (npm run gate --commit HEAD).
    if (args.positionals.length === 1)
      throw wrongUsage('bad-usage', {
        verb: 'gate',
        reason:
          'git hands over REMOTE and URL; a commit is named with --commit (npm run gate -- --commit HEAD)',
      });
    const branch = context.config.DEPLOY_BRANCH;
    const commits = await pushedCommits(context, args);
    const allowed: { commit: string; receipt: Receipt }[] = [];
    for (const commit of new Set(commits)) allowed.push({ commit, receipt: await check(context, commit) });
    return {
      data: allowed.map(({ commit, receipt }) => ({
        commit,
        branch,
        receipt: receipt.id,
        backup: receipt.backup,
        database: receipt.database,
      })),
      text: ({ results: { gate } }) =>
        allowed.length === 0
          ? [gate.notDeploy({ branch })]
          : allowed.map(({ commit, receipt: { id, backup, database, pending } }) =>
              gate.open({ branch, commit, receipt: id, backup, database, pending: pending.length }),
            ),
    };
  },
};

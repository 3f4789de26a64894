import type { Verb, VerbResult } from './cli/verb.ts';
import { wrongUsage } from './core/errors.ts';
import { bypassReason } from './gate/bypass.ts';
import type { Allowing } from './gate/check-commit.ts';
import type { Allowed } from './gate/judge.ts';
import { isReceived } from './gate/refs.ts';
import { readGuardedPush, type GuardedPush } from './gate/read-push.ts';
import { resolveCommit } from './gate/repository.ts';

/** The forms that the answer of `maj gate --commit` is printed in; the first one where none is named. */
const gateFormats = ['text', 'github', 'gitlab', 'json'] as const;
type GateFormat = (typeof gateFormats)[number];

/** Whether a push touches no guarded branch. */
const isElsewhere = ({ refs, deleted }: GuardedPush): boolean => refs.length + deleted.length === 0;

/** @param push undefined: a commit was named */
function answer(
  allowed: readonly Allowed[],
  branches: readonly string[],
  push: GuardedPush | undefined,
): VerbResult {
  return {
    data: allowed.map(({ commit, branch, permission }) => ({
      commit,
      branch,
      ...(permission.by === 'receipt' ? receiptFacts(permission) : permission.back),
    })),
    text: ({ results: { gate } }) => {
      if (push?.empty === true) return [gate.nothing()];
      if (push !== undefined && isElsewhere(push)) return [gate.notDeploy({ branches })];
      return allowed.flatMap(({ commit, branch, permission }) => {
        if (permission.by === 'ledger') return gate.goingBack({ commit, branch, ...permission.back });
        const pending = permission.receipt.pending.length;
        return gate.open({ commit, branch, ...receiptFacts(permission), pending });
      });
    },
  };
}

function formatOf(given: string | boolean | undefined): GateFormat {
  const format = gateFormats.find((known) => known === (given ?? gateFormats[0]));
  if (format === undefined) throw wrongUsage('check-format', { given: String(given), choices: gateFormats });
  return format;
}

const receiptFacts = ({ receipt: { id, backup, database }, signedBy }: Allowing) => ({
  receipt: id,
  backup,
  database,
  signedBy,
});

/** `maj gate`: the pre-push hook's question, answered from what was rehearsed. */
export const gateVerb: Verb<'commit' | 'format'> = {
  name: 'gate',
  usage: [
    'gate [REMOTE] [URL] < git’s lines',
    'gate < git’s lines of pre-receive',
    'gate --commit COMMIT',
    'gate --commit COMMIT --format FORMAT',
  ],
  options: {
    commit: {
      type: 'string',
      value: 'COMMIT',
      help: 'Judge this commit instead of reading git’s lines: for CI.',
    },
    format: {
      type: 'string',
      value: 'FORMAT',
      help: 'With --commit, how the answer is printed: text; github (annotations of GitHub Actions); gitlab (a code quality report); json.',
    },
  },
  needsSettings: true,
  deciding: 'project',
  async run(context, args) {
    const [remote, url, ...more] = args.positionals;
    // git hands over two words; a single one is a commit whose option did not come through (npm run gate --commit HEAD).
    if (args.positionals.length === 1 || more.length > 0)
      throw wrongUsage('bad-usage', {
        verb: 'gate',
        reason:
          'git hands over REMOTE and URL; a commit is named with --commit (npm run gate -- --commit HEAD)',
      });
    const branches = context.config.DEPLOY_BRANCH;
    // Loaded where something is to be judged: most pushes go elsewhere, and wait for the answer all the same.
    const judging = () => import('./gate/judge.ts');
    const { commit: name } = args.options;
    const format = formatOf(args.options.format);
    const receiving = () => import('./gate/receive.ts');
    const inBareHook =
      typeof name === 'string' &&
      context.env['GIT_DIR'] !== undefined &&
      (await (await receiving()).isInBareHook(context));
    if (typeof name === 'string') {
      const judge = async (): Promise<VerbResult> => {
        if (inBareHook) {
          const { judgeReceivedCommit } = await receiving();
          return answer([await judgeReceivedCommit(context, name, args.settings)], branches, undefined);
        }
        const judged = { commit: await resolveCommit(context, name), branch: branches.join(', ') };
        return answer([await (await judging()).judgeCommit(context, judged)], branches, undefined);
      };
      return format === 'text' ? judge() : (await import('./gate-report.ts')).report(context, format, judge);
    }
    if (format !== 'text')
      throw wrongUsage('bad-usage', { verb: 'gate', reason: '--format goes with --commit' });
    const [input, reason] = [await args.readStdin(), bypassReason(context)];
    if (remote === undefined && isReceived(input, context.env)) {
      const { judgeReceived } = await receiving();
      return answer(await judgeReceived(context, input ?? '', args.settings, reason), branches, undefined);
    }
    const push = await readGuardedPush(context, input, { remote, url });
    const how = { reason, isWatched: args.isWatched };
    const allowed = isElsewhere(push) ? [] : await (await judging()).judgePush(context, push, how);
    return answer(allowed, branches, push);
  },
};

import type { Config } from '../config/settings.ts';
import type { Context } from '../core/context.ts';
import { git, gitEnvironment } from '../system/process/git.ts';
import { shell, type Captured } from '../system/process/processes.ts';
import { quoteWords } from '../system/process/shell-words.ts';

/** Where receipts are on a remote: a ref for each, so that two machines never change the same one. */
export const receiptRefs = 'refs/maj/receipts/';

/** The names of the files in the commit that such a ref holds. */
export const publishedFiles = { receipt: 'receipt.json', signature: 'receipt.json.sig' } as const;

const longestMs = 120_000;

/**
 * Calls git for a remote by whatever way, and with whatever program, a push from here takes. It is not asked for a password,
 * and ends with the signal, or when the remote is silent for too long.
 */
export async function gitOverNetwork(
  { env, signal, projectDir }: Pick<Context, 'env' | 'signal' | 'projectDir'>,
  words: readonly string[],
): Promise<Captured> {
  const { GIT_ALLOW_PROTOCOL, GIT_SSH_COMMAND } = env;
  // A remote that is a relative path starts from the root of the repository, of which the project may be a part.
  const folder = (await git({ env }, projectDir, ['rev-parse', '--show-toplevel'])).trim();
  return shell(
    { env: { ...gitEnvironment({ env }).env, GIT_ALLOW_PROTOCOL, GIT_SSH_COMMAND } },
    quoteWords(['git', ...words]),
    { cwd: folder, timeoutMs: longestMs, signal },
  );
}

/** The remote that receipts travel by where none is named: the only one of DEPLOY_REMOTES, or `origin`. Pure. */
export function remoteOfReceipts({ DEPLOY_REMOTES: remotes = [] }: Pick<Config, 'DEPLOY_REMOTES'>): string {
  const [first, ...more] = remotes;
  return first === undefined || more.length > 0 || first.includes('*') ? 'origin' : first;
}

import { requireSettings } from '../config/required-settings.ts';
import { note, warn, type Context } from '../core/context.ts';
import { reasonOf, refused, unsound } from '../core/errors.ts';
import { gitEnvironment } from '../system/process/git.ts';
import { capture, type Captured } from '../system/process/processes.ts';
import { withShownUrls } from '../system/urls.ts';
import { gitOverNetwork, publishedFiles, receiptRefs } from './published.ts';
import { parseReceipt, readReceipts, type Receipt } from './receipt.ts';
import { checkSigningKey, signReceipt } from './sign-receipt.ts';

type PublishContext = Pick<Context, 'config' | 'env' | 'projectDir' | 'signal' | 'report' | 'clock'>;

/**
 * Whether a receipt could be published: told before the rehearsal.
 *
 * @throws MajError `settings-missing`, `receipt-not-published`; what `checkSigningKey` throws
 */
async function checkPublishing(context: PublishContext, remote: string): Promise<void> {
  requireSettings(context.config, ['GATE_SIGNING_KEY', 'GATE_ALLOWED_SIGNERS']);
  await checkSigningKey(context);
  await onRemote(context, remote, ['ls-remote', '--quiet', '--', remote, `${receiptRefs}none`]);
}

/**
 * Rehearses, and publishes what came of it. That a rehearsal failed is published as well: on these rows the migrations fail,
 * whatever passed before.
 */
export async function publishing<T extends { readonly receipt: Receipt }>(
  context: PublishContext,
  remote: string,
  rehearse: () => Promise<T>,
): Promise<T> {
  await checkPublishing(context, remote);
  const [before] = await readReceipts(context);
  let rehearsal: T;
  try {
    rehearsal = await rehearse();
  } catch (error) {
    const [newest] = await readReceipts(context);
    if (newest === undefined || newest.id === before?.id) throw error;
    try {
      await publishReceipt(context, newest.id, remote);
    } catch (failure) {
      warn(context, 'failure-not-published', { id: newest.id, reason: reasonOf(failure) });
    }
    throw error;
  }
  await publishReceipt(context, rehearsal.receipt.id, remote);
  return rehearsal;
}

/**
 * Puts a receipt of `.maj/receipts/` on a remote, signed, as a ref of its own; one that is there already stays. Those that no
 * gate takes any more are removed from it.
 *
 * @throws MajError `receipt-not-published`; what `signReceipt` throws
 */
export async function publishReceipt(context: PublishContext, id: string, remote: string): Promise<void> {
  const { text, signature } = await signReceipt(context, id);
  const receipt = parseReceipt(text);
  if (receipt === undefined) throw unsound('receipt-damaged', { id });
  const files = [
    [publishedFiles.receipt, text],
    [publishedFiles.signature, signature],
  ] as const;
  const lines: string[] = [];
  for (const [name, content] of files)
    lines.push(`100644 blob ${await make(context, ['hash-object', '-w', '--stdin'], content)}\t${name}\n`);
  const tree = await make(context, ['mktree'], lines.join(''));
  const commit = await make(context, ['commit-tree', '-m', `Receipt ${id}`, tree], '', receipt.createdAt);
  // No hook of this repository has a say: it is asked about branches.
  const push = ['push', '--no-verify', '--quiet', '--', remote];
  await onRemote(context, remote, [...push, `${commit}:${receiptRefs}${id}`], id);
  await removeExpired(context, remote);
}

/** Makes an object of the repository; a commit is of nobody, since the signature tells who, and the same when made again. */
async function make(
  context: PublishContext,
  words: readonly string[],
  input: string,
  date = '1970-01-01T00:00:00Z',
): Promise<string> {
  const [name, email] = ['maj', 'maj@localhost'];
  const env = {
    ...gitEnvironment(context).env,
    ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date },
    ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: date },
  };
  const made = await capture({ env }, 'git', words, { cwd: context.projectDir, input });
  if (made.code !== 0)
    throw refused('git-failed', { command: `git ${words[0] ?? ''}`, output: made.stderr.trim() });
  return made.stdout.trim();
}

const leastKeptMs = 30 * 24 * 3_600_000;

/** Expired receipts open no gate; that one cannot be removed, such as by a remote that allows no deletion, is no failure. */
async function removeExpired(context: PublishContext, remote: string): Promise<void> {
  const keptMs = Math.max(leastKeptMs, 2 * context.config.BACKUP_MAX_AGE);
  const listed = await onRemote(context, remote, ['ls-remote', '--', remote, `${receiptRefs}*`]);
  const refs = listed.stdout.split('\n').map((line) => line.split('\t')[1] ?? '');
  const expired = expiredRefs(refs, new Date(context.clock.now().getTime() - keptMs));
  if (expired.length === 0) return;
  const removed = await gitOverNetwork(context, [
    ...['push', '--no-verify', '--quiet', '--', remote],
    ...expired.map((ref) => `:${ref}`),
  ]);
  if (removed.code !== 0)
    note(context, 'left-over', { path: `${remote}: ${receiptRefs}`, reason: said(removed) });
}

/** The refs of receipts that were made before a time, by their names. Pure. */
export function expiredRefs(refs: readonly string[], before: Date): string[] {
  const name = before.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return refs.filter((ref) => {
    const id = ref.startsWith(receiptRefs) ? ref.slice(receiptRefs.length) : '';
    return /^\d{8}T\d{6}Z-/.test(id) && id < name;
  });
}

const said = ({ stderr, ended }: Captured): string =>
  ended === 'late' ? 'it did not answer' : withShownUrls(stderr.trim());

async function onRemote(
  context: PublishContext,
  remote: string,
  words: readonly string[],
  id?: string,
): Promise<Captured> {
  const run = await gitOverNetwork(context, words);
  if (run.code === 0) return run;
  throw refused('receipt-not-published', { id, remote: withShownUrls(remote), output: said(run) });
}

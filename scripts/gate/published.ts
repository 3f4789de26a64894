import { posix } from 'node:path';
import { fitsPattern } from '../config/branch-pattern.ts';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import type { DatabaseIdentity } from '../database/same-database.ts';
import { gitOverNetwork, publishedFiles, receiptRefs } from '../rehearsal/published.ts';
import { parseReceipt, type Receipt } from '../rehearsal/receipt.ts';
import { receiptNamespace } from '../rehearsal/sign-receipt.ts';
import { captureBytes, findProgram } from '../system/process/processes.ts';
import { checkSignature } from '../system/process/ssh-keygen.ts';
import { withShownUrls } from '../system/urls.ts';
import { decideGate, scriptChanges, type GateDecision, type GateFacts, type GateReason } from './decide.ts';
import { askBranches, askGit, gateEnvironment } from './repository.ts';

/** Why what others have rehearsed opens no gate here. */
export type PublishedReason =
  | { readonly kind: 'receipts-unreachable'; readonly remote: string; readonly output: string }
  | { readonly kind: 'signers-absent'; readonly file: string; readonly commit: string }
  | { readonly kind: 'signatures-unchecked' }
  | { readonly kind: 'none-published'; readonly remote: string | undefined }
  | {
      readonly kind: 'receipt-distrusted';
      readonly id: string;
      readonly problem: 'damaged' | 'unsigned' | 'edited' | 'undated';
    }
  | { readonly kind: 'receipt-foreign'; readonly id: string; readonly key: string; readonly why: string }
  | { readonly kind: 'receipt-of-another'; readonly id: string; readonly database: DatabaseIdentity };

/** What is judged, and by whom published receipts are to be signed. */
export interface PublishedQuestion {
  readonly repository: Context;
  readonly commit: string;
  /** Where receipts are published; undefined: in the repository itself, which others push to. */
  readonly remote: string | undefined;
  /**
   * The commit whose file of allowed signers counts: what the branch has there now, so that no push brings its own signers.
   * Undefined: there is none yet; `askBranches`: it is looked up.
   */
  readonly standing: string | undefined;
}

/** A decision, and who has signed the receipt that opens the gate, where it was made elsewhere. */
export type PublishedDecision =
  | (Extract<GateDecision, { open: true }> & { readonly signedBy: string | undefined })
  | { readonly open: false; readonly reasons: readonly (GateReason | PublishedReason)[] };

/** A receipt that was made elsewhere. */
interface Published {
  readonly id: string;
  readonly receipt: Receipt;
  readonly text: string;
  readonly signature: string;
}

/** Where there are more, the newest. */
const mostRead = 200;
const mostChecked = 20;
const mostBytes = 8 * 1024 * 1024;

/**
 * Decides once more, with what others have rehearsed and signed. What cannot be fetched or checked is a reason to refuse.
 *
 * @param facts what is known here, which did not open the gate
 * @param local the reasons of that
 */
export async function decideWithPublished(
  question: PublishedQuestion,
  facts: GateFacts,
  local: readonly GateReason[],
): Promise<PublishedDecision> {
  const closed = (...reasons: readonly PublishedReason[]): PublishedDecision => ({
    open: false,
    reasons: [...withoutOwnRows(local, facts), ...reasons],
  });
  const { repository, remote } = question;
  if ((await findProgram(repository, 'ssh-keygen')) === undefined)
    return closed({ kind: 'signatures-unchecked' });
  const listed = await listRefs(question);
  if (!listed.known) return closed(unreachable(remote, listed.output));
  const signers = await readSigners(question, listed.standing);
  if ('kind' in signers) return closed(signers);
  const { found, problems } = await readPublished(repository, listed.receipts);
  const mine = found.filter(({ receipt }) => isOfDatabase(receipt, repository.config));
  const others = found.filter((each) => !mine.includes(each));
  const trusted = new Map<string, string>();
  const relevant = mostRelevant(mine, facts);
  for (const { id, text: bytes, signature } of relevant) {
    const how = { namespace: receiptNamespace, allowed: signers.text };
    const state = await checkSignature(repository, how, { bytes, signature });
    if (state.kind === 'good') trusted.set(id, state.by);
    else if (state.kind === 'wrong') problems.push({ kind: 'receipt-distrusted', id, problem: 'edited' });
    else problems.push({ kind: 'receipt-foreign', id, key: state.key, why: state.why });
  }
  const counting = relevant.filter(({ id }) => trusted.has(id)).map(({ receipt }) => receipt);
  const decision = decideGate(withOthers(facts, counting));
  if (decision.open) return { ...decision, signedBy: trusted.get(decision.receipt.id) };
  const strangers = others.map(({ id, receipt }): PublishedReason => ({
    kind: 'receipt-of-another',
    id,
    database: receipt.database ?? { name: '' },
  }));
  const said = [...problems, ...strangers].slice(0, mostSaid);
  if (counting.length > 0) return { open: false, reasons: [...decision.reasons, ...said] };
  return closed(...(said.length > 0 ? said : [{ kind: 'none-published' as const, remote }]));
}

/** The rest of what is wrong with older receipts tells nobody anything. */
const mostSaid = 3;

/** Where nothing was ever rehearsed here, there need be no backup here either: somebody else has the rows. */
const withoutOwnRows = (reasons: readonly GateReason[], { receipts }: GateFacts): readonly GateReason[] =>
  receipts.length > 0
    ? reasons
    : reasons.filter(({ kind }) => !['no-backup', 'no-proven-backup', 'not-rehearsed'].includes(kind));

/** Whether a receipt is of the database that counts: by its name, and by its server where the settings name one. Pure. */
export function isOfDatabase(
  { database }: Pick<Receipt, 'database'>,
  {
    DB_NAME: name,
    GATE_DATABASE_SERVER: server,
  }: Pick<Context['config'], 'DB_NAME' | 'GATE_DATABASE_SERVER'>,
): boolean {
  if (database === undefined || database.name !== name) return false;
  return server === undefined || [database.server, database.address].includes(server);
}

/**
 * What is known here, and what others have rehearsed, newest first: by the time of day, since each machine counts for itself.
 * What is dated in the future comes last, so that it closes nothing for ever. Pure.
 */
export function withOthers(facts: GateFacts, published: readonly Receipt[]): GateFacts {
  const here = new Set(facts.receipts.map(({ id }) => id));
  const kept = new Set(facts.backups.map(({ id }) => id));
  const madeAt = ({ createdAt }: Receipt): number => {
    const time = Date.parse(createdAt);
    return time > facts.now.getTime() ? -Infinity : time;
  };
  return {
    ...facts,
    receipts: [...facts.receipts, ...published.filter(({ id }) => !here.has(id))].toSorted(
      (a, b) => madeAt(b) - madeAt(a) || b.number - a.number,
    ),
    // Whoever signs says that the backup is there and was proven; where it is here, it is looked at.
    backups: [
      ...facts.backups,
      ...published
        .filter(({ backup }) => !kept.has(backup))
        .map(({ backup: id, backupCreatedAt: createdAt = '' }) => ({
          id,
          createdAt,
          proven: true,
          missing: undefined,
        })),
    ],
  };
}

/** Those that may open or close the gate; where there is none, the newest, which tells what is different. */
function mostRelevant(published: readonly Published[], { scripts }: GateFacts): readonly Published[] {
  const covering = published.filter(({ receipt }) => scriptChanges(receipt.scripts, scripts).length === 0);
  return covering.length > 0 ? covering.slice(0, mostChecked) : published.slice(0, 1);
}

const unreachable = (remote = '', output: string): PublishedReason => ({
  kind: 'receipts-unreachable',
  remote: withShownUrls(remote),
  output: withShownUrls(output.trim().replaceAll(/\s*\n\s*/g, ' ')),
});

/** A ref, and the object that it holds. */
interface Ref {
  readonly name: string;
  readonly sha: string;
}

type Listed =
  | { readonly known: true; readonly receipts: readonly Ref[]; readonly standing: string | undefined }
  | { readonly known: false; readonly output: string };

/** The published receipts, newest first by their names, and the commit that the branch has now; their objects are here then. */
async function listRefs({ repository, remote, standing }: PublishedQuestion): Promise<Listed> {
  const receiptsAndStanding = (refs: readonly Ref[]) => ({
    receipts: newestFirst(refs),
    standing: standing === askBranches ? guardedBranch(refs, repository.config) : standing,
  });
  if (remote === undefined) {
    const format = '--format=%(objectname)\t%(refname)';
    const listed = await askGit(repository, ['for-each-ref', format, receiptRefs, heads]);
    return { known: true, ...receiptsAndStanding(refsIn(listed)) };
  }
  const patterns = [`${receiptRefs}*`, `${heads}*`];
  const listed = await gitOverNetwork(repository, ['ls-remote', '--', remote, ...patterns]);
  if (listed.code !== 0) return { known: false, output: outputOf(listed) };
  const refs = refsIn(listed.stdout);
  const known = receiptsAndStanding(refs);
  const branch = refs.find(({ name, sha }) => name.startsWith(heads) && sha === known.standing);
  const wanted = [...known.receipts, ...(branch === undefined ? [] : [branch])];
  const missing = await missingOf(repository, wanted);
  if (missing.length > 0) {
    const options = [
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--no-auto-gc',
    ];
    const words = ['fetch', ...options, '--', remote, ...missing.map(({ name }) => name)];
    const fetched = await gitOverNetwork(repository, words);
    if (fetched.code !== 0) return { known: false, output: outputOf(fetched) };
  }
  return { known: true, ...known };
}

const outputOf = ({ stderr, ended }: { readonly stderr: string; readonly ended?: string }): string =>
  ended === undefined ? stderr : 'it did not answer';

const refsIn = (listed: string): Ref[] =>
  listed.split('\n').flatMap((line) => {
    const [sha, name] = line.split('\t');
    return sha === undefined || name === undefined ? [] : [{ sha, name }];
  });

const newestFirst = (refs: readonly Ref[]): readonly Ref[] =>
  refs
    .filter(({ name }) => name.startsWith(receiptRefs))
    .toSorted((a, b) => (a.name < b.name ? 1 : -1))
    .slice(0, mostRead);

/** What stands on the first branch that is guarded. */
const guardedBranch = (
  refs: readonly Ref[],
  { DEPLOY_BRANCH: patterns }: Context['config'],
): string | undefined =>
  refs.find(
    ({ name }) =>
      name.startsWith(heads) && patterns.some((pattern) => fitsPattern(pattern, name.slice(heads.length))),
  )?.sha;

const heads = 'refs/heads/';

async function missingOf(repository: Context, refs: readonly Ref[]): Promise<readonly Ref[]> {
  if (refs.length === 0) return [];
  const asked = refs.map(({ sha }) => `${sha}\n`).join('');
  const answers = (await askGit(repository, ['cat-file', '--batch-check'], asked)).split('\n');
  return refs.filter((_ref, at) => answers[at]?.endsWith(' missing') === true);
}

/** The file of allowed signers in the commit that the branch has now; where it has none yet, in the one that is judged. */
async function readSigners(
  { repository, commit }: PublishedQuestion,
  standing: string | undefined,
): Promise<{ readonly text: string } | PublishedReason> {
  const from = standing ?? commit;
  const prefix = (await askGit(repository, ['rev-parse', '--show-prefix'])).trim();
  const file = repository.config.GATE_ALLOWED_SIGNERS ?? '';
  const path = posix.normalize(`${prefix}${file}`);
  const [found] = await readBlobs(repository, [`${from}:${path}`]);
  return found === undefined ? { kind: 'signers-absent', file: path, commit: from } : { text: found };
}

/** What is published, as far as it is a receipt with a signature; and what is not. */
async function readPublished(
  repository: Context,
  refs: readonly Ref[],
): Promise<{ readonly found: Published[]; readonly problems: PublishedReason[] }> {
  const { receipt: content, signature: beside } = publishedFiles;
  const blobs = await readBlobs(
    repository,
    refs.flatMap(({ sha }) => [`${sha}:${content}`, `${sha}:${beside}`]),
  );
  const found: Published[] = [];
  const problems: PublishedReason[] = [];
  for (const [at, { name }] of refs.entries()) {
    const id = name.slice(receiptRefs.length);
    const [text, signature] = [blobs[2 * at], blobs[2 * at + 1]];
    const receipt = text === undefined ? undefined : parseReceipt(text);
    const distrust = (problem: 'damaged' | 'unsigned' | 'undated'): void => {
      problems.push({ kind: 'receipt-distrusted', id, problem });
    };
    if (text === undefined || receipt?.id !== id) distrust('damaged');
    else if (signature === undefined) distrust('unsigned');
    else if (receipt.backupCreatedAt === undefined || receipt.backupProvenAt === undefined)
      distrust('undated');
    else found.push({ id, receipt, text, signature });
  }
  return { found, problems };
}

/** The texts of files; undefined for one that is not there, is no file, or is far too large to be one of ours. */
async function readBlobs(
  repository: Context,
  names: readonly string[],
): Promise<readonly (string | undefined)[]> {
  if (names.length === 0) return [];
  const asked = names.map((name) => `${name}\n`).join('');
  const answers = (await askGit(repository, ['cat-file', '--batch-check'], asked)).split('\n');
  const shas = [...names.keys()].map((at) => {
    const [, sha, size] = /^([0-9a-f]+) blob (\d+)$/.exec(answers[at] ?? '') ?? [];
    return Number(size) <= mostBytes ? sha : undefined;
  });
  const args = ['cat-file', '--batch'];
  const input = shas.map((sha) => (sha === undefined ? '' : `${sha}\n`)).join('');
  const options = { cwd: repository.projectDir, input };
  const { stdout, code, stderr } = await captureBytes(gateEnvironment(repository), 'git', args, options);
  if (code !== 0) throw refused('gate-git', { command: 'git cat-file', output: stderr });
  let at = 0;
  return shas.map((sha) => {
    if (sha === undefined) return undefined;
    // A line with the name, the type and the size; the bytes; the end of a line.
    const start = stdout.indexOf('\n', at) + 1;
    const size = Number(/ blob (\d+)$/.exec(stdout.toString('latin1', at, start - 1))?.[1]);
    at = start + size + 1;
    return stdout.toString('utf8', start, start + size);
  });
}

import { appendFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import type { Receipt, ReceiptScript } from '../rehearsal/receipt.ts';
import { fileFailed, privateFile, readIfThere } from '../system/files.ts';
import { ownIdentity } from '../system/process/identity.ts';
import { withShownUrls } from '../system/urls.ts';
import { scriptChanges, type ScriptChange } from './decide.ts';
import { askGit } from './repository.ts';

const entrySchema = v.object({
  /** ISO 8601. */
  at: v.string(),
  what: v.picklist(['allowed', 'bypassed']),
  /** Who pushed, by git and by the system. */
  by: v.string(),
  remote: v.optional(v.string()),
  branch: v.string(),
  /** What goes there; null: nothing, the branch is deleted. */
  commit: v.nullable(v.string()),
  /** The receipt that allowed it. */
  receipt: v.optional(v.string()),
  /** Who has signed that, where it was rehearsed elsewhere. */
  signedBy: v.optional(v.string()),
  /** Why it was bypassed, and what had been refused. */
  reason: v.optional(v.string()),
  refused: v.optional(v.string()),
});

/** What the gate has let through, and why. */
export type GateEntry = v.InferOutput<typeof entrySchema>;

/** The file of the records. */
export const recordPath = (context: Pick<Context, 'projectDir'>): string =>
  join(stateDir(context), 'gate.ndjson');

/** What was let through here so far, oldest first; a line that is none is left out. */
export async function readGateRecord(context: Pick<Context, 'projectDir'>): Promise<GateEntry[]> {
  const text = (await readIfThere(recordPath(context))) ?? '';
  return text.split('\n').flatMap((line) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), entrySchema), line);
    return parsed.success ? [parsed.output] : [];
  });
}

/** Keeps what is let through. */
export async function writeGateRecord(
  context: Pick<Context, 'projectDir'>,
  entries: readonly GateEntry[],
): Promise<void> {
  await makeStateFolder(context);
  const path = recordPath(context);
  try {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    await appendFile(path, lines, { mode: privateFile });
  } catch (error) {
    throw fileFailed(path, 'written', error);
  }
}

/** Who pushes: as git signs it, and the account. */
export async function whoPushes(context: Pick<Context, 'env' | 'projectDir'>): Promise<string> {
  const ident = await askGit(context, ['var', 'GIT_COMMITTER_IDENT']).catch(() => '');
  const signed = ident.replace(/ \d+ [+-]\d{4}\s*$/, '');
  const account = `${userInfo().username}@${ownIdentity().host}`;
  return signed === '' ? account : `${signed} (${account})`;
}

/** An address without what it may hold of a password. */
export const shownRemote = (remote: string | undefined): { readonly remote?: string } =>
  remote === undefined ? {} : { remote: withShownUrls(remote) };

/**
 * How what stands on a guarded branch came there without this gate: undefined where it was let through here, or is what
 * was rehearsed. Otherwise its scripts that differ from the rehearsed ones, as far as they are known here. Pure.
 *
 * @param commit what the remote has
 * @param scripts of that commit; undefined where it is not in this repository
 * @param receipts newest first
 */
export function findUngatedScripts(
  commit: string,
  record: readonly GateEntry[],
  scripts: readonly ReceiptScript[] | undefined,
  receipts: readonly Receipt[],
): readonly ScriptChange[] | undefined {
  if (record.some((entry) => entry.commit === commit)) return undefined;
  if (scripts === undefined) return [];
  const passed = receipts.filter(({ result }) => result === 'passed');
  const changes = passed.map((receipt) => scriptChanges(receipt.scripts, scripts));
  if (changes.some((each) => each.length === 0)) return undefined;
  return changes[0] ?? scriptChanges([], scripts);
}

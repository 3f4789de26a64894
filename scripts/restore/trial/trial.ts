import type { Backup } from '../../backup/list.ts';
import type { ManifestPart } from '../../backup/manifest.ts';
import { partSource, type PartSource } from '../../backup/part-text.ts';
import { endedBySignal, inStep, type Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import type { Definers } from '../../database/definition-texts.ts';
import { allows, currentUser, readGrants } from '../../database/grants.ts';
import { parseAccount, readRoutines } from '../../database/inventory.ts';
import { connect, sqlErrorOf, withSession, type Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import { quoteAccount } from '../../sql/quote.ts';
import { prepareForLoading } from '../load/loading-session.ts';
import { isFrame, statementsOf } from '../load/part-statements.ts';
import { planLoad, type Selection } from '../load/plan.ts';
import { changesSession } from '../load/shadow-tables.ts';
import { isForAnother, isForWantOf, remedyFor, type Refusal } from './refusals.ts';
import { underTrialMark } from './trial-mark.ts';
import { createTrialNames, parentsOf, trialStatements, type TrialStatement } from './trial-statements.ts';

/** What is tried, and for whom. */
interface TrialOptions {
  readonly definers: Definers;
  /** What of the backup; not given: all of it. */
  readonly selection?: Selection;
  /** What is asked is whether a way back from here would be possible, should it be needed. */
  readonly wayBack?: boolean;
}

/** What a restore takes beside making things: to fill, rename and drop tables, and to drop routines. */
const needed = ['SELECT', 'INSERT', 'CREATE', 'DROP', 'ALTER'] as const;
const lockWaitSeconds = 20;

/**
 * Tries whether the server would make again what a backup holds: makes everything of it, empty and under names of its
 * own, as the account and in the session that a restore works with, and drops it. A server may hold what it would not
 * take any more: made by another account, or before a setting was another one.
 *
 * @throws MajError `restore-not-granted`, `restore-not-taken`, exit code 3: nothing is changed
 */
export async function tryRestore(
  context: Context,
  backup: Backup,
  target: Target,
  options: TrialOptions,
): Promise<void> {
  const { database } = target;
  const facts = { backup: backup.id, database, wayBack: options.wayBack === true };
  await inStep(context, 'try-restore', { id: backup.id }, async () => {
    const { grantee, missing } = await withSession(context, target, async (session) => {
      const grants = await readGrants(session, database);
      const replacesCode = options.selection?.code !== false;
      const routines = [...backup.manifest.inventory.routines, ...(await readRoutines(session, database))];
      const hasRoutines = replacesCode && routines.length > 0;
      return {
        grantee: quoteAccount(parseAccount(await currentUser(session))),
        missing: [...needed, ...(hasRoutines ? ['ALTER ROUTINE'] : [])].filter(
          (privilege) => !allows(grants, privilege),
        ),
      };
    });
    if (missing.length > 0) throw refused('restore-not-granted', { ...facts, grantee, missing });
    const refusals = await underTrialMark(context, target, () => tryAll(context, backup, target, options));
    if (refusals.length === 0) return;
    const { flavour } = backup.manifest.database.server;
    throw refused('restore-not-taken', { ...facts, grantee, flavour, refusals });
  });
}

async function tryAll(
  context: Context,
  backup: Backup,
  target: Target,
  { definers, selection }: TrialOptions,
): Promise<Refusal[]> {
  const { parts, database } = backup.manifest;
  const source = await partSource(context, backup);
  const session = await connect(context, target, { bytes: true, lockWaitSeconds });
  const stop = (): void => session.destroy();
  try {
    return await endedBySignal(context, stop, async () => {
      await prepareForLoading(session, await statementsOf(source, planLoad(parts).header));
      const tried = await partsToTry(source, parts, selection);
      return tryParts(session, source, tried, database.name, definers);
    });
  } finally {
    stop();
  }
}

/** What is tried when only some of it is restored: also the tables that are joined to those by foreign keys. */
async function partsToTry(
  source: PartSource,
  parts: readonly ManifestPart[],
  selection: Selection | undefined,
): Promise<ManifestPart[]> {
  const sequences = parts.filter(({ kind }) => kind === 'sequence');
  const structures = parts.filter(({ kind, section }) => kind === 'table' && section === 'structure');
  const triggers = parts.filter(({ section }) => section === 'after');
  const { code } = planLoad(parts, selection);
  if (selection === undefined) return [...sequences, ...structures, ...triggers, ...code];
  const wanted = new Set([...selection.tables, ...selection.triggersOf]);
  const joined = new Set(wanted);
  for (const part of structures) {
    const table = part.object ?? '';
    const parents = (await statementsOf(source, part)).flatMap(({ text }) => parentsOf(text));
    if (wanted.has(table)) for (const parent of parents) joined.add(parent);
    else if (parents.some((parent) => wanted.has(parent))) joined.add(table);
  }
  const isOf = (tables: ReadonlySet<string>, part: ManifestPart): boolean => tables.has(part.object ?? '');
  return [
    ...sequences,
    ...structures.filter((part) => isOf(joined, part)),
    ...triggers.filter((part) => isOf(wanted, part)),
    ...code,
  ];
}

async function tryParts(
  session: Session,
  source: PartSource,
  parts: readonly ManifestPart[],
  database: string,
  definers: Definers,
): Promise<Refusal[]> {
  const names = createTrialNames();
  const refusals: Refusal[] = [];
  const later: TrialStatement[] = [];
  for (const part of parts) {
    if (part.section === 'after' || !['table', 'sequence'].includes(part.kind))
      await tryEach(session, later.splice(0), refusals);
    for (const { text } of await statementsOf(source, part)) {
      if (isFrame(text, true)) continue;
      if (changesSession(text)) {
        await session.run(text);
        continue;
      }
      const statements = trialStatements(part, text, names, database, definers);
      // A foreign key needs both tables.
      later.push(...statements.filter(({ kind }) => kind === 'foreign key'));
      await tryEach(
        session,
        statements.filter(({ kind }) => kind !== 'foreign key'),
        refusals,
      );
    }
  }
  await tryEach(session, later, refusals);
  return refusals;
}

/** What of these the server does not take is added to the refusals. */
async function tryEach(
  session: Session,
  statements: readonly TrialStatement[],
  refusals: Refusal[],
): Promise<void> {
  for (const { kind, object, text, instead } of statements) {
    let error = await errorOf(session, text);
    if (error !== undefined && instead !== null && isForWantOf(error))
      error = await errorOf(session, instead);
    if (error === undefined || isForAnother(error)) continue;
    // Its trial table is not there because it was refused itself: that says it all.
    if (refusals.length > 0 && isForWantOf(error)) continue;
    refusals.push({
      kind,
      object,
      reason: `${error.errno ?? error.code} ${error.message}`,
      remedy: remedyFor(error),
    });
  }
}

async function errorOf(session: Session, text: string): Promise<ReturnType<typeof sqlErrorOf>> {
  try {
    await session.run(text);
    return undefined;
  } catch (error) {
    const sqlError = sqlErrorOf(error);
    // A connection that is lost says nothing of what may be made.
    if (sqlError?.errno === undefined) throw error;
    return sqlError;
  }
}

import { join } from 'node:path';
import * as v from 'valibot';
import { makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import { inStep, orLeftOver, type Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import {
  connectionsOf,
  endConnections,
  findLockObstacle,
  readAccounts,
  setLocked,
} from '../database/account-locks.ts';
import { currentUser } from '../database/grants.ts';
import type { DatabaseAccount } from '../database/inventory.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { readIfThere, remove, writeDurably } from '../system/files.ts';

/** The accounts that we have locked, and nobody else had: written before the first is, removed after the last is not any more. */
const recordSchema = v.object({
  since: v.string(),
  accounts: v.array(v.object({ user: v.string(), host: v.string() })),
});

/** The accounts that are locked by us now, and since when. */
export type LockedAccounts = v.InferOutput<typeof recordSchema>;

const recordPath = (context: Pick<Context, 'projectDir'>): string =>
  join(stateDir(context), 'locked-accounts.json');

/** What we have locked and not unlocked again; undefined when there is nothing. */
export async function readLockedAccounts(
  context: Pick<Context, 'projectDir'>,
): Promise<LockedAccounts | undefined> {
  const text = await readIfThere(recordPath(context));
  return text === undefined ? undefined : v.parse(v.pipe(v.string(), v.parseJson(), recordSchema), text);
}

/** Their names, each once: an account has one for each host. */
export const namesOf = ({ accounts }: LockedAccounts): string[] => [
  ...new Set(accounts.map(({ user }) => user)),
];

/**
 * Checks, before anything is done, that the accounts of APP_DB_ACCOUNTS can be locked and their connections ended.
 *
 * @throws MajError `accounts-not-lockable`, `accounts-unknown`, `accounts-include-own`, exit code 2
 */
export async function checkAccounts(context: Context): Promise<void> {
  const { APP_DB_ACCOUNTS: names = [] } = context.config;
  if (names.length === 0) return;
  await withSession(context, targetFromConfig(context), async (session) => {
    const obstacle = await findLockObstacle(session, names);
    if (obstacle?.kind === 'privileges') {
      const { missing, readable } = obstacle;
      throw wrongUsage('accounts-not-lockable', { account: await currentUser(session), missing, readable });
    }
    if (obstacle?.kind === 'unknown') throw wrongUsage('accounts-unknown', { names: obstacle.names });
    if (obstacle?.kind === 'own') throw wrongUsage('accounts-include-own', { name: obstacle.name });
  });
}

/**
 * Locks the accounts of APP_DB_ACCOUNTS and ends their connections: nobody writes with them until `unlockAccounts`. May be
 * called again where it was cut off. Accounts that were locked before are left to whoever locked them.
 *
 * @returns whether there are any
 */
export async function lockAccounts(context: Context): Promise<boolean> {
  const { APP_DB_ACCOUNTS: names = [] } = context.config;
  if (names.length === 0) return false;
  await inStep(context, 'lock-accounts', { names }, () =>
    withSession(context, targetFromConfig(context), async (session) => {
      const before = await readLockedAccounts(context);
      const open = (await readAccounts(session, names)).filter(({ isLocked }) => !isLocked);
      const accounts = merged(before?.accounts ?? [], open);
      await makeStateFolder(context);
      const since = before?.since ?? context.clock.now().toISOString();
      await writeDurably(recordPath(context), JSON.stringify({ since, accounts } satisfies LockedAccounts));
      await setLocked(session, open, true);
      // One that was logging in as its account was locked is seen at the second look.
      for (let looks = 0; looks < mostLooks; looks += 1) {
        const ids = await connectionsOf(session, names);
        if (looks > 0 && ids.length === 0) return;
        await endConnections(session, ids);
        await context.clock.sleep(pauseMs);
      }
    }),
  );
  return true;
}

/** A connection that does not end rolls back something long: whoever waits for the database to be quiet tells of it. */
const mostLooks = 40;
const pauseMs = 50;

/**
 * Unlocks what `lockAccounts` has locked; fine where there is nothing. What could not be locked is left alone: whoever may
 * not lock an account may not unlock it either.
 */
export async function unlockAccounts(context: Context): Promise<void> {
  const record = await readLockedAccounts(context);
  if (record === undefined) return;
  const names = namesOf(record);
  await inStep(context, 'unlock-accounts', { names }, async () => {
    await withSession(context, targetFromConfig(context), async (session) => {
      const locked = (await readAccounts(session, names)).filter(({ isLocked }) => isLocked);
      const ours = record.accounts.filter((account) => locked.some((other) => isSame(account, other)));
      await setLocked(session, ours, false);
    });
    await orLeftOver(context, recordPath(context), () => remove(recordPath(context)));
  });
}

/**
 * Does what may need the application's accounts. Where they are locked, in the window or after a kill in it, and it fails, it
 * is done again with them unlocked: a command that asks the database could not succeed before the end of the window, and
 * without it there would be no end.
 */
export async function orWithAccounts<T>(context: Context, work: () => Promise<T>): Promise<T> {
  if ((await readLockedAccounts(context)) === undefined) return work();
  try {
    return await work();
  } catch {
    await unlockAccounts(context);
  }
  try {
    return await work();
  } finally {
    await lockAccounts(context);
  }
}

const isSame = (one: DatabaseAccount, other: DatabaseAccount): boolean =>
  one.user === other.user && one.host === other.host;

function merged(some: readonly DatabaseAccount[], others: readonly DatabaseAccount[]): DatabaseAccount[] {
  const added = others.filter((other) => !some.some((one) => isSame(one, other)));
  return [...some, ...added].map(({ user, host }) => ({ user, host }));
}

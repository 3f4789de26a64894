import type { FilesAhead } from '../backup/files/files-ahead.ts';
import type { Backup, ProvenBackup } from '../backup/list.ts';
import { takeBackup } from '../backup/take.ts';
import type { Context } from '../core/context.ts';
import { proveBackup } from '../restore/prove.ts';
import { findServerPrograms } from '../server/programs.ts';
import { likenessFor } from '../server/server-options.ts';
import { startThrowaway } from '../server/throwaway.ts';

/** A throwaway server that waits for the backup of the window. */
export interface Prover {
  /** Proves a backup: as little of it as can be, for the window is open. */
  prove(backup: Backup): Promise<Backup>;
  /** Ends the server without waiting for its end; `close` waits. */
  release(): void;
  close(): Promise<void>;
}

/**
 * Starts the server that is going to prove the window's backup, before the window opens.
 *
 * @param like a backup of the same database, which tells what server it takes
 * @param earlier the same, where it is proven: what has not changed since is not proven twice
 */
async function startProver(context: Context, like: Backup, earlier?: ProvenBackup): Promise<Prover> {
  const { server } = like.manifest.database;
  const programs = await findServerPrograms(context, context.config.REHEARSAL_SERVER, server.flavour);
  const throwaway = await startThrowaway(context, programs, likenessFor(like.manifest.database));
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= throwaway.close());
  return {
    prove: async (backup) => ({
      ...backup,
      proof: await proveBackup(context, backup, throwaway, earlier),
    }),
    release: () => void close().catch(() => undefined),
    close,
  };
}

/** What is proven of a backup already; undefined where nothing is. */
const provenOf = (backup: Backup | undefined): ProvenBackup | undefined =>
  backup?.proof == null ? undefined : { ...backup, proof: backup.proof };

/** Hands a prover to a piece of work, and ends it afterwards. */
export async function withProver<T>(
  context: Context,
  like: Backup,
  work: (prover: Prover) => Promise<T>,
): Promise<T> {
  const prover = await startProver(context, like, provenOf(like));
  try {
    return await work(prover);
  } finally {
    await prover.close();
  }
}

/**
 * Takes the backup of a window and proves it.
 *
 * @param options `prover`: not given where no backup has to be taken any more; `ahead`: the files, where they are archived
 * @param check looks at the backup before it is proven
 */
export async function takeProven(
  context: Context,
  { prover, ahead }: { readonly prover: Prover | undefined; readonly ahead: FilesAhead | undefined },
  check: (backup: Backup) => void = () => undefined,
): Promise<Backup> {
  if (prover === undefined) throw new Error('a backup is taken only where it can be proven');
  const backup = await takeBackup(context, { ahead });
  check(backup);
  const proven = await prover.prove(backup);
  // Its memory is wanted for what follows, and its end is waited for when the window is closed.
  prover.release();
  return proven;
}

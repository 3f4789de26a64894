import { join } from 'node:path';
import type { Context } from '../context.ts';
import { findLocalDumpClient } from '../database/dump-client.ts';
import { makeCopyDatabase, type Throwaway } from '../database/throwaway.ts';
import { unsound } from '../errors.ts';
import { readIfThere, writeDurably } from '../system/files.ts';
import { checkFlavour } from './compare.ts';
import { compareDump } from './compare-dump.ts';
import { namesOfDifferences } from './differences.ts';
import { fragileRows } from './fragile-rows.ts';
import type { Backup, ProvenBackup } from './list.ts';
import { loadAndCompare } from './load/load-and-compare.ts';
import { manifestName } from './manifest.ts';
import { isRows, planProof } from './proof-plan.ts';
import { proofName, proofText, type Proof } from './proof.ts';
import { tablesProvenApart } from './rows-apart.ts';
import { sha256OfText } from '../system/text-hash.ts';
import { structureDiffs } from './structure-diff.ts';

/**
 * Proves a backup: restores it into a throwaway server, dumps the copy, and compares the two dumps part by part.
 * Equal, and the proof is written into the backup. The copy stays on the throwaway server, for a dry run.
 *
 * @param earlier a backup that was proven: what of this one is the very bytes of that is not proven twice, and not in
 *   the copy
 * @throws MajError `proof-failed` (exit code 4) naming the objects that differ; `flavour-differs` (3);
 *   `statement-failed` naming part, line and object
 */
export async function proveBackup(
  context: Context,
  backup: Backup,
  throwaway: Throwaway,
  earlier?: ProvenBackup,
): Promise<Proof> {
  const { manifest } = backup;
  const { name: database, charset, collation, definers, outside } = manifest.database;
  checkFlavour(backup, throwaway.server);
  const apart = earlier === undefined ? new Set<string>() : await tablesProvenApart(context, backup, earlier);
  const plan = planProof(manifest, earlier, throwaway.server, apart);
  if (plan.kind === 'nothing' && earlier !== undefined)
    return writeProof(context, backup, throwaway, {
      restsOn: { backup: earlier.id, parts: manifest.parts.length },
    });
  const rowParts = plan.kind === 'rows' ? { rowParts: plan.parts } : {};
  const client = await findLocalDumpClient(context, throwaway.programs);
  const target = throwaway.target(database);
  await makeCopyDatabase(context, throwaway, { database, charset, collation, definers, outside });

  const started = context.clock.monotonicMs();
  let loaded: number | undefined;
  const { differences, canonical } = await loadAndCompare(
    context,
    backup,
    target,
    { ...rowParts, isCopy: true },
    () => {
      loaded ??= context.clock.monotonicMs();
      return compareDump(context, backup, client, target, rowParts);
    },
  );
  const ended = context.clock.monotonicMs();
  // What is unusual about them is nothing to guess at in here: whole, they are equal or are not.
  if (differences.length > 0 && plan.kind === 'rows') return proveBackup(context, backup, throwaway);
  if (differences.length > 0)
    throw unsound('proof-failed', {
      id: backup.id,
      server: throwaway.server.text,
      differences: namesOfDifferences(differences),
      diffs: structureDiffs(differences),
      fragile: await fragileRows(context, backup, differences),
    });

  return writeProof(context, backup, throwaway, {
    canonical,
    durations: { load: Math.round((loaded ?? ended) - started), dump: Math.round(ended - (loaded ?? ended)) },
    ...(plan.kind === 'rows' && earlier !== undefined
      ? {
          restsOn: {
            backup: earlier.id,
            parts: manifest.parts.filter((part) => isRows(part) && !plan.parts.has(part.name)).length,
          },
        }
      : {}),
  });
}

async function writeProof(
  context: Context,
  backup: Backup,
  throwaway: Throwaway,
  found: {
    readonly canonical?: number;
    readonly durations?: Proof['durations'];
    readonly restsOn?: Proof['restsOn'];
  },
): Promise<Proof> {
  const { server, parts } = { ...backup.manifest.database, ...backup.manifest };
  const { restsOn, canonical = 0, durations = { load: 0, dump: 0 } } = found;
  const proof: Proof = {
    format: 1,
    backupId: backup.id,
    manifestSha256: sha256OfText((await readIfThere(join(backup.folder, manifestName))) ?? ''),
    server: throwaway.server,
    sameVersionAsSource: throwaway.server.version === server.version,
    equalParts: parts.length,
    canonicalParts: canonical,
    ...(restsOn === undefined ? {} : { restsOn }),
    durations,
    provenAt: context.clock.now().toISOString(),
  };
  await writeDurably(join(backup.folder, proofName), proofText(proof));
  return proof;
}

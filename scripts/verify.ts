import { checkApplication } from './application/health.ts';
import { findBackup, namedBackup } from './backup/find.ts';
import { verifyBackup } from './backup/verify.ts';
import type { Verb, VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { liveDatabase } from './database/identity.ts';
import { findPackage } from './package/find.ts';
import { checkPackage } from './release/check-package.ts';
import { checkCopySpace } from './restore/copy-space.ts';
import { proveBackup } from './restore/prove.ts';
import { findServerPrograms } from './server/programs.ts';
import { likenessFor } from './server/server-options.ts';
import { withThrowaway } from './server/throwaway.ts';

/** `maj verify`: tells whether a backup, a package or the application is sound. */
export const verifyVerb: Verb<'full'> = {
  name: 'verify',
  usage: ['verify [BACKUP]', 'verify --full [BACKUP]', 'verify package FILE|VERSION|COMMIT', 'verify app'],
  options: { full: { type: 'boolean', help: 'Restore the backup into a throwaway server, and compare.' } },
  needsSettings: true,
  async run(context, args) {
    const [what, subject, ...more] = args.positionals;
    const full = args.options.full === true;
    const wrong = (reason: string): Error => wrongUsage('bad-usage', { verb: 'verify', reason });
    if (what === 'package' || what === 'app') {
      if (full) throw wrong('--full is for backups');
      if (more.length > 0 || (what === 'app') !== (subject === undefined))
        throw wrong(what === 'app' ? 'app takes no argument' : 'package takes one file, version or commit');
      return subject === undefined ? verifyApp(context) : verifyPackageFile(context, subject);
    }
    if (subject !== undefined) throw wrong('it takes one backup');
    return verifyOne(context, what, full);
  },
};

async function verifyOne(context: Context, which: string | undefined, full: boolean): Promise<VerbResult> {
  const backup = await findBackup(context, which);
  const named = namedBackup(backup, await liveDatabase(context));
  const verified = { id: backup.id, backup: named, ...(await verifyBackup(context, backup)) };
  const source = backup.manifest.database.server;
  const proof = full ? await prove() : backup.proof;
  return {
    data: { ...verified, proof },
    text: ({ results }) => [
      ...results.backup.verified(verified),
      ...(proof === null
        ? results.backup.notProven()
        : results.backup.proven({
            equalParts: proof.equalParts,
            server: proof.server.text,
            source: source.text,
            sameVersion: proof.sameVersionAsSource,
            durations: proof.durations,
          })),
    ],
  };

  async function prove(): Promise<typeof backup.proof> {
    const programs = await findServerPrograms(context, context.config.REHEARSAL_SERVER, source.flavour);
    await checkCopySpace(context);
    const likeness = likenessFor(backup.manifest.database);
    return withThrowaway(context, programs, (throwaway) => proveBackup(context, backup, throwaway), likeness);
  }
}

async function verifyPackageFile(context: Context, file: string): Promise<VerbResult> {
  const report = await checkPackage(context, (await findPackage(context, file)).path);
  return { data: report, text: ({ results }) => results.release.packageSound(report) };
}

async function verifyApp(context: Context): Promise<VerbResult> {
  const report = await checkApplication(context);
  const facts = { version: report.version, url: report.health?.url, smoke: report.smoke };
  return { data: report, text: ({ results }) => results.application.healthy(facts) };
}

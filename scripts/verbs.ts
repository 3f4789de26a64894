import type { Verbs } from './cli/program.ts';
import type { Verb } from './cli/verb.ts';

const byName: Readonly<Record<string, () => Promise<Verb>>> = {
  init: async () => (await import('./init.ts')).initVerb,
  status: async () => (await import('./status.ts')).statusVerb,
  backup: async () => (await import('./backup.ts')).backupVerb,
  backups: async () => (await import('./backups.ts')).backupsVerb,
  verify: async () => (await import('./verify.ts')).verifyVerb,
  restore: async () => (await import('./restore.ts')).restoreVerb,
  prune: async () => (await import('./prune.ts')).pruneVerb,
  migrate: async () => (await import('./migrate.ts')).migrateVerb,
  rehearse: async () => (await import('./rehearse.ts')).rehearseVerb,
  'adopt-release': async () => (await import('./adopt-release.ts')).adoptReleaseVerb,
  apply: async () => (await import('./apply.ts')).applyVerb,
  maintenance: async () => (await import('./maintenance.ts')).maintenanceVerb,
  upgrade: async () => (await import('./upgrade.ts')).upgradeVerb,
  gate: async () => (await import('./gate.ts')).gateVerb,
};

/** Every verb, in the order of the help, loaded only when it is wanted: the gate has to answer at once. */
export const verbs: Verbs = {
  names: Object.keys(byName),
  load: async (name) => (Object.hasOwn(byName, name) ? byName[name]?.() : undefined),
};

import type { Verb } from './verb.ts';

/** Every verb, in the order of the help, loaded only when it is wanted: the gate has to answer at once. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
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
  demo: async () => (await import('./demo.ts')).demoVerb,
};

/** The names of the verbs, in the order of the help. */
export const verbNames = Object.keys(verbs);

/** The verb of that name; undefined when there is none. */
export async function loadVerb(name: string): Promise<Verb | undefined> {
  return Object.hasOwn(verbs, name) ? verbs[name]?.() : undefined;
}

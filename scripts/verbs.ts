import type { ListedVerb } from './cli/verb.ts';

/** Every verb, in the order of the help, loaded only when it is wanted: help and the gate have to answer at once. */
export const verbs: readonly ListedVerb[] = [
  {
    name: 'init',
    summary:
      'Sets up the gate in a project: hook, settings, scripts and targets; tries it by a push that is refused, and one that is allowed.',
    load: async () => (await import('./init.ts')).initVerb,
  },
  {
    name: 'status',
    summary:
      'Tells version, maintenance, health check, permissions, server, pending migrations, last backup and space.',
    load: async () => (await import('./status.ts')).statusVerb,
  },
  {
    name: 'backup',
    summary: 'Backs up the database and the application’s files.',
    load: async () => (await import('./backup.ts')).backupVerb,
  },
  {
    name: 'backups',
    summary: 'Lists the backups: id, version, age, size, proven or not, and what keeps each.',
    load: async () => (await import('./backups.ts')).backupsVerb,
  },
  {
    name: 'verify',
    summary: 'Verifies a backup, a package or the installed application.',
    load: async () => (await import('./verify.ts')).verifyVerb,
  },
  {
    name: 'restore',
    summary: 'Puts a backup back: the newest one, or the one that is named.',
    load: async () => (await import('./restore.ts')).restoreVerb,
  },
  {
    name: 'prune',
    summary: 'Puts expired backups into the trash, and empties it of those of the last time.',
    load: async () => (await import('./prune.ts')).pruneVerb,
  },
  {
    name: 'migrate',
    summary:
      'Runs the pending migrations on the live database, if they are rehearsed; asks before it does (--yes does not).',
    load: async () => (await import('./migrate.ts')).migrateVerb,
  },
  {
    name: 'rehearse',
    summary:
      'Takes a backup, proves that it can be restored, and runs the pending migrations on the copy: those of the project, of a commit, or of a package.',
    load: async () => (await import('./rehearse.ts')).rehearseVerb,
  },
  {
    name: 'adopt-release',
    summary:
      'Compares an application that maj did not install with its package, to tell your files from its own.',
    load: async () => (await import('./adopt-release.ts')).adoptReleaseVerb,
  },
  {
    name: 'apply',
    summary: 'Verifies a package and puts its files in the place of the installed ones.',
    load: async () => (await import('./apply.ts')).applyVerb,
  },
  {
    name: 'maintenance',
    summary: 'Switches the maintenance of the application on or off, or tells which it is.',
    load: async () => (await import('./maintenance.ts')).maintenanceVerb,
  },
  {
    name: 'upgrade',
    summary:
      'Upgrades the application: backs up, rehearses, switches the files, migrates, checks, or goes back.',
    load: async () => (await import('./upgrade.ts')).upgradeVerb,
  },
  {
    name: 'gate',
    summary:
      'Decides, as git’s pre-push or pre-receive hook, whether a push to the deploy branch may go through.',
    load: async () => (await import('./gate.ts')).gateVerb,
  },
];

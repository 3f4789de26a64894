/**
 * The steps of an upgrade, in order: the guide's own. What stands before `maintenance-on` changes nothing of the live
 * system; everything after it is undone when it fails.
 */
export const upgradeSteps = [
  'check',
  'stage',
  'rehearse',
  'archive-files',
  'maintenance-on',
  'stop-services',
  'final-backup',
  'switch',
  'migrate',
  'clear-cache',
  'start-services',
  'check-health',
  'maintenance-off',
] as const;

/** The steps of going back to the version before, once an upgrade has succeeded: a window of its own, undone in the same way. */
export const goBackSteps = [
  'stage',
  'archive-files',
  'maintenance-on',
  'stop-services',
  'final-backup',
  'switch',
  'restore',
  'clear-cache',
  'start-services',
  'check-health',
  'maintenance-off',
] as const;

/** The steps by which a run that failed or was cut off is taken back, in order. */
export const rollBackSteps = [
  'stop-services-again',
  'put-files-back',
  'put-database-back',
  'clear-cache-again',
  'start-services-again',
  'check-health-again',
  'put-maintenance-back',
] as const;

/** Every name that a journal knows. */
export const journalSteps = [
  ...new Set([...upgradeSteps, ...goBackSteps, ...rollBackSteps]),
] as readonly JournalStep[];

/** The name of a step of an upgrade. */
export type UpgradeStep = (typeof upgradeSteps)[number];
type GoBackStep = (typeof goBackSteps)[number];
type RollBackStep = (typeof rollBackSteps)[number];
/** The name of a step of any run. */
export type JournalStep = UpgradeStep | GoBackStep | RollBackStep;

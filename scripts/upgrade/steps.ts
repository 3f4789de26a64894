/**
 * The steps of an upgrade, in order: the guide's own. What stands before `maintenance-on` changes nothing of the live
 * system; everything after it is undone when it fails.
 */
export const upgradeSteps = [
  'check',
  'stage',
  'rehearse',
  'maintenance-on',
  'final-backup',
  'switch',
  'migrate',
  'clear-cache',
  'check-health',
  'maintenance-off',
] as const;

/** The name of a step of an upgrade. */
export type UpgradeStep = (typeof upgradeSteps)[number];

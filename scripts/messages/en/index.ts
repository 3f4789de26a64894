import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';
import { adopt } from './adopt.ts';
import { application } from './application.ts';
import { backup } from './backup.ts';
import { checks } from './checks.ts';
import { command } from './command.ts';
import { database } from './database.ts';
import { gate } from './gate.ts';
import { migrations } from './migrations.ts';
import { release } from './release.ts';
import { retention } from './retention.ts';
import { settings } from './settings.ts';
import { setup } from './setup.ts';
import { system } from './system.ts';
import { upgrade } from './upgrade.ts';

/** The English catalogue, an area of the program a file. */
export const en = {
  language: 'en',
  settings: settings.sentences,
  states: command.states,
  command: command.text,
  errors: {
    ...command.errors,
    ...settings.errors,
    ...system.errors,
    ...database.errors,
    ...backup.errors,
    ...migrations.errors,
    ...adopt.errors,
    ...checks.errors,
    ...release.errors,
    ...application.errors,
    ...upgrade.errors,
    ...gate.errors,
    ...setup.errors,
  } satisfies ErrorTexts,
  /** A step: what the spinner says while it runs. */
  steps: {
    ...system.steps,
    ...database.steps,
    ...backup.steps,
    ...retention.steps,
    ...migrations.steps,
    ...adopt.steps,
    ...release.steps,
    ...application.steps,
    ...upgrade.steps,
    ...gate.steps,
    ...setup.steps,
  } satisfies StepTexts,
  /** Something worth saying that is neither a step nor an error: a warning or a plain note. */
  notes: {
    ...settings.notes,
    ...system.notes,
    ...database.notes,
    ...backup.notes,
    ...retention.notes,
    ...migrations.notes,
    ...release.notes,
    ...application.notes,
    ...upgrade.notes,
    ...gate.notes,
    ...setup.notes,
  } satisfies NoteTexts,
  /** What is found in migration scripts. */
  checks: checks.texts,
  /** What a verb prints as its result, an area a group. */
  results: {
    backup: backup.results,
    retention: retention.results,
    migrations: migrations.results,
    adopt: adopt.results,
    checks: checks.results,
    release: release.results,
    application: application.results,
    upgrade: upgrade.results,
    gate: gate.results,
    setup: setup.results,
  },
};

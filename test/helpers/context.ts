import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings } from '../../scripts/config/parse.ts';
import type { Config } from '../../scripts/config/settings.ts';
import { systemClock } from '../../scripts/core/clock.ts';
import type { Context } from '../../scripts/core/context.ts';
import type { MajEvent } from '../../scripts/core/events.ts';

/** A context for tests, which remembers what was reported. */
export interface TestContext extends Context {
  readonly events: MajEvent[];
}

/** What a test wants different from the defaults. */
export interface ContextOverrides extends Partial<Omit<Context, 'config'>> {
  readonly config?: Partial<Config>;
}

/** A context with the default settings, a fresh project folder, and a report that is kept in `events`. */
export function testContext(overrides: ContextOverrides = {}): TestContext {
  const events: MajEvent[] = [];
  const projectDir = overrides.projectDir ?? temporaryFolder('project');
  return {
    projectDir,
    workingDir: projectDir,
    report: (event) => events.push(event),
    clock: systemClock,
    signal: new AbortController().signal,
    env: process.env,
    ...overrides,
    config: { ...defaults(), ...overrides.config },
    events,
  };
}

const folders: string[] = [];

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `maj-${process.pid}-t-${purpose}-`));
  folders.push(folder);
  return folder;
}

/** `setup.ts` calls it after the tests of each file: vitest ends its workers without their `exit` event. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

if (!('__vitest_worker__' in globalThis)) process.once('exit', removeFolders);

function defaults(): Config {
  const parsed = parseSettings({}, []);
  if (!parsed.ok) throw new Error('The defaults of the settings are not valid.');
  return parsed.config;
}

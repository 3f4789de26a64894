import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes, type JsonLine, type MajConfig } from '../../../scripts/public.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';

/** What a program that knows the types makes of a line; tsc refuses a kind that is missing here. */
function read(line: JsonLine): string {
  switch (line.type) {
    case 'result':
      return `${line.verb}: ${JSON.stringify(line.data)}`;
    case 'error':
      return `${line.code}, ${line.exitCode}: ${line.message} ${line.state ?? ''} ${line.hint ?? ''}`;
    case 'bytes':
      return `${line.step}: ${line.done}`;
    case 'step-started':
      return `${line.step}: ${line.text}`;
    case 'step-finished':
    case 'step-failed':
      return `${line.step}: ${line.text} ${line.durationMs}`;
    case 'note':
    case 'warning':
      return `${line.note}: ${line.text}`;
  }
}

const config: MajConfig = { $schema: 'x', DEPLOY_BRANCH: ['deploy', 'release/*'], BACKUP_MAX_AGE: '36h' };
// @ts-expect-error A secret is not shared.
const wrong: MajConfig = { DB_PASSWORD: 'x' };

test.each<[settings: MajConfig, words: string[], code: number, lines: RegExp[]]>([
  [
    config,
    ['maintenance', 'status'],
    exitCodes.done,
    [/^settings-near: .*APP_PERSIT/, /^maintenance: \{"state":/],
  ],
  [wrong, ['maintenance', 'status'], exitCodes.usage, [/^settings-not-shared, 2: .*DB_PASSWORD.* \S.* \S/]],
])('with %j --json prints what the public types say', async (settings, words, code, lines) => {
  const folder = temporaryFolder('public');
  writeFileSync(join(folder, 'maj.config.json'), JSON.stringify(settings));
  writeFileSync(join(folder, '.env'), 'APP_PERSIT=x\n', { mode: 0o600 });
  const ran = await maj(folder, [...words, '--json'], { env: { MAJ_LANG: 'en' } });
  const said = ran.stdout.trim().split('\n');
  expect(ran.code).toBe(code);
  expect(said.map((line) => read(JSON.parse(line) as JsonLine))).toEqual(
    lines.map((line) => expect.stringMatching(line) as string),
  );
});

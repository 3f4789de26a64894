import { Linter } from 'eslint';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import semver from 'semver';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { exitCodes } from '../../../scripts/core/exit-codes.ts';
import { temporaryFolder } from '../../helpers/context.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const { engines } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as { engines: { node: string } };

/** What the program starts from, as the package has it. */
function built(): string {
  const config = ts.getParsedCommandLineOfConfigFile(path('tsconfig.build.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  });
  return ts.transpileModule(readFileSync(path('scripts/maj.ts'), 'utf8'), {
    compilerOptions: config?.options ?? {},
    fileName: path('scripts/maj.ts'),
  }).outputText;
}

test('what the program starts from can be read by old Nodes, which take it for CommonJS', () => {
  // Node 10 knows import(), which came into the language later than the rest of what it knows.
  const text = built().replaceAll('import(', 'require(');
  expect(new Linter().verify(text, { languageOptions: { ecmaVersion: 2018, sourceType: 'script' } })).toEqual(
    [],
  );
});

test.each(['0.12.18', '10.24.1', '18.20.8', '19.99.0', '20.0.0', '20.18.3', '20.19.0', '22.0.0', '24.1.0'])(
  'a Node that is %s is refused in one sentence if it is older than package.json asks for',
  (version) => {
    // Alone in its folder: what it goes on to is not there.
    const folder = temporaryFolder('old-node');
    writeFileSync(join(folder, 'maj.cjs'), built());
    writeFileSync(
      join(folder, 'version.cjs'),
      `Object.defineProperty(process.versions, 'node', { value: '${version}' });`,
    );
    const ran = spawnSync(process.execPath, ['--require', './version.cjs', './maj.cjs'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const least = semver.minVersion(engines.node);
    const sentence = `maj: Node ${least?.major}.${least?.minor} or later is needed, and this is Node ${version} (${process.execPath}).\n`;
    expect([ran.status, ran.stderr]).toEqual(
      semver.satisfies(version, engines.node)
        ? [1, expect.stringContaining(join(folder, 'cli', 'program.js'))]
        : [exitCodes.refused, sentence],
    );
  },
);

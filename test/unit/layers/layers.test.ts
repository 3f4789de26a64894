import { Linter } from 'eslint';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parser } from 'typescript-eslint';
import { expect, it } from 'vitest';
import { layers, layersPlugin } from '../../../eslint.layers.js';

const scripts = fileURLToPath(new URL('../../../scripts/', import.meta.url));

/** What lint says of a file with this text, by the rules of the folders alone. */
function said(path: string, text: string): string[] {
  const linter = new Linter({ cwd: scripts });
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: { parser },
    plugins: { layers: layersPlugin as NonNullable<Linter.Config['plugins']>[string] },
    rules: { 'layers/order': 'error', 'layers/no-cycle': 'error' },
  };
  return linter.verify(text, [config], join(scripts, path)).map(({ message }) => message);
}

const above = layers.slice(1).map((upper, at) => ({ lower: layers[at] ?? '', upper }));

it.each(above)('$lower may not import from $upper, in no way of importing', ({ lower, upper }) => {
  for (const statement of [
    `import { x } from '../${upper}/x.ts';`,
    `import type { X } from '../${upper}/x.ts';`,
    `export { x } from '../${upper}/x.ts';`,
    `export * from '../${upper}/x.ts';`,
    `const x = await import('../${upper}/x.ts');`,
    `type X = import('../${upper}/x.ts').X;`,
  ])
    expect(said(`${lower}/new.ts`, statement), statement).toEqual([
      expect.stringContaining(`${lower}/ may not import from ${upper}/`),
    ]);
  expect(said(`${upper}/new.ts`, `import { x } from '../${lower}/x.ts';`)).toEqual([]);
});

it.each(layers)('nothing in %s may import a verb', (folder) => {
  expect(said(`${folder}/new.ts`, "import { upgradeVerb } from '../upgrade.ts';")).toEqual([
    expect.stringContaining('may not import from a verb'),
  ]);
});

it('a circle of imports is found, types included', () => {
  const text = "import type { Context } from './context.ts';\nexport type Twice = Context;\n";
  expect(said('core/errors.ts', text)).toEqual([
    expect.stringContaining('closes a circle of imports (core/context.ts > core/errors.ts)'),
  ]);
  const now = readFileSync(join(scripts, 'core', 'errors.ts'), 'utf8');
  expect(said('core/errors.ts', now)).toEqual([]);
});

it('every folder has its place in the order, and says at its face what it is for', () => {
  const folders = readdirSync(scripts, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...layers].sort());
  for (const folder of layers)
    expect(readdirSync(join(scripts, folder)), folder).toEqual(expect.arrayContaining(['README.md']));
});

it('no folder has more than 25 files of code', () => {
  const folders = readdirSync(scripts, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const folder of [scripts, ...folders]) {
    const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    expect(files.length, folder).toBeLessThanOrEqual(25);
  }
});

/** The files of scripts/ that are loaded with one; types and what is loaded when it is wanted are not among them. */
function loadedWith(path: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  const file = join(scripts, path);
  for (const statement of ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
    .statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const named = statement.moduleSpecifier;
    const isType = ts.isImportDeclaration(statement)
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly;
    if (isType || named === undefined || !ts.isStringLiteral(named) || !named.text.startsWith('.')) continue;
    loadedWith(relative(scripts, resolve(dirname(file), named.text)), loaded);
  }
  return loaded;
}

it.each(['cli/program.ts', 'verbs.ts', 'gate.ts'])('%s starts without the database driver', (file) => {
  const loaded = loadedWith(file);
  expect(loaded).not.toContain('database/session/driver.ts');
  expect(loadedWith('status.ts')).toContain('database/session/driver.ts');
  expect(loadedWith('gate.ts')).toContain('core/errors.ts');
});

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

/**
 * The folders of scripts/, the lowest first: each imports from those before it in this list, and from itself. What each is
 * for stands in its README.md; docs/design.md says it in a line.
 */
export const layers = [
  'core',
  'system',
  'config',
  'net',
  'archive',
  'sql',
  'database',
  'server',
  'dump',
  'migrations',
  'package',
  'release',
  'application',
  'backup',
  'restore',
  'retention',
  'rehearsal',
  'upgrade',
  'gate',
  'setup',
  'messages',
  'cli',
];

/** What may be imported against the order: the context holds the settings, and everything is handed the context. */
const exceptions = [{ from: 'core/context.ts', to: 'config/settings.ts' }];

const scripts = join(import.meta.dirname, 'scripts');

/** The place of a file in the order, and what to call it; undefined outside of scripts/. Verbs are above all folders. */
function layerOf(file) {
  const path = relative(scripts, file);
  if (path.startsWith('..')) return undefined;
  const [folder, ...rest] = path.split('/');
  if (rest.length === 0) return { name: 'a verb', rank: layers.length, path };
  return { name: `${folder}/`, rank: layers.indexOf(folder), path };
}

/** Calls `found` with every module that a file names by a relative path. */
const relativeImports = (found) => {
  const seen = (source) => {
    if (typeof source?.value === 'string' && source.value.startsWith('.')) found(source);
  };
  return {
    ImportDeclaration: (node) => seen(node.source),
    ExportAllDeclaration: (node) => seen(node.source),
    ExportNamedDeclaration: (node) => seen(node.source),
    ImportExpression: (node) => seen(node.source),
    TSImportType: (node) => seen(node.source ?? node.argument?.literal),
  };
};

const order = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const own = layerOf(context.filename);
    if (own === undefined) return {};
    return relativeImports((source) => {
      const other = layerOf(resolve(dirname(context.filename), source.value));
      if (other === undefined || (other.rank <= own.rank && own.rank >= 0)) return;
      if (exceptions.some(({ from, to }) => from === own.path && to === other.path)) return;
      context.report({
        node: source,
        message:
          own.rank < 0
            ? `${own.name} has no place in the order of folders: give it one in eslint.layers.js.`
            : `${own.name} may not import from ${other.name}, which is above it: a folder imports only from folders below it, so that each can be read, tested and changed without those that use it. The order is in eslint.layers.js.`,
      });
    });
  },
};

const importsOnDisk = new Map();

/** The files that one imports, types included. */
function importsOf(file) {
  const known = importsOnDisk.get(file);
  if (known !== undefined) return known;
  const named = existsSync(file) ? ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles : [];
  const files = named.flatMap(({ fileName }) =>
    fileName.startsWith('.') ? [resolve(dirname(file), fileName)] : [],
  );
  importsOnDisk.set(file, files);
  return files;
}

/** A way from one file to another along imports; undefined: none. */
function wayTo(goal, start, seen = new Set()) {
  if (start === goal) return [goal];
  if (seen.has(start)) return undefined;
  seen.add(start);
  for (const next of importsOf(start)) {
    const way = wayTo(goal, next, seen);
    if (way !== undefined) return [start, ...way];
  }
  return undefined;
}

const noCycle = {
  meta: { type: 'problem', schema: [] },
  create: (context) =>
    relativeImports((source) => {
      const way = wayTo(context.filename, resolve(dirname(context.filename), source.value));
      if (way === undefined) return;
      const names = way.map((file) => relative(scripts, file)).join(' > ');
      context.report({
        node: source,
        message: `This closes a circle of imports (${names}): none of these files can be read, or changed, without the others. Move what both need into the lower one, or into a file of its own.`,
      });
    }),
};

/** Two rules: `layers/order` and `layers/no-cycle`. */
export const layersPlugin = { rules: { order, 'no-cycle': noCycle } };

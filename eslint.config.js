import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { layersPlugin } from './eslint.layers.js';

/** The packages that only one module may import, and why. */
const doors = [
  {
    packages: ['zx', 'zx/*', 'node:child_process', 'child_process'],
    files: ['scripts/system/process/processes.ts'],
    reason:
      'processes are started by system/process/processes.ts alone, which keeps passwords out of arguments and output out of memory',
  },
  {
    packages: ['mysql2', 'mysql2/*'],
    files: ['scripts/database/session/driver.ts'],
    reason:
      'connections are opened by database/session/session.ts alone, through driver.ts, with charset and sql_mode set',
  },
  {
    packages: ['tar'],
    files: ['scripts/archive/archives.ts', 'scripts/archive/unpack.ts'],
    reason:
      'archives are written by archive/archives.ts and packages read by archive/unpack.ts alone, which are strict about what they hold',
  },
  {
    packages: ['yauzl'],
    files: ['scripts/archive/unzip.ts'],
    reason: 'zip archives are read by archive/unzip.ts alone, which checks what yauzl leaves to its callers',
  },
  {
    packages: ['dotenv'],
    files: ['scripts/config/env-file.ts'],
    reason: '.env is read by config/env-file.ts alone, so that nothing changes process.env',
  },
  {
    packages: ['ora'],
    files: ['scripts/cli/spinner-reporter.ts'],
    reason: 'the domain reports events; cli/spinner-reporter.ts alone draws them',
  },
];

/** The import restrictions of one file: every door but its own. */
const restrictions = (file) => [
  'error',
  {
    patterns: doors
      .filter((door) => !door.files.includes(file))
      .map((door) => ({ group: door.packages, message: `${door.reason}.` })),
  },
];

/** What of Node's file system takes a descriptor, or no path at all. */
const byDescriptor = [
  'close',
  'closeSync',
  'constants',
  'fchmodSync',
  'fchownSync',
  'fstatSync',
  'fsync',
  'fsyncSync',
  'ftruncateSync',
  'futimesSync',
  'read',
  'readSync',
  'write',
  'writeSync',
];

/** Files that touch only what nobody else can change: the project, our records, the system's own folders. */
const inOwnFolders = [
  'scripts/migrate-check.ts',
  'scripts/archive/packed-archive.ts',
  'scripts/backup/files/{files-list,hard-links}.ts',
  'scripts/backup/{partial,take-database}.ts',
  'scripts/cli/{generate,program}.ts',
  'scripts/config/{load,own-folders,shared-file,records-folder}.ts',
  'scripts/database/session/connection-options.ts',
  'scripts/gate/{commit,commit-place,gate-log,script-contents}.ts',
  'scripts/dump/{client/option-file,store}.ts',
  'scripts/migrations/{folder,new}.ts',
  'scripts/net/download.ts',
  'scripts/package/git-package.ts',
  'scripts/server/{isolation,server-template,throwaway}.ts',
  'scripts/system/{files,temporary}.ts',
  'scripts/system/process/{calling-push,identity,npm,own-version,process-group,processes}.ts',
  'scripts/upgrade/lock.ts',
  'scripts/upgrade/journal/journal.ts',
  // They only ask where a link leads, to say so.
  'scripts/backup/files/outside-links.ts',
  'scripts/release/copy/{carried-links,not-shared}.ts',
];

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'coverage/**',
      '.maj/**',
      'test/fixtures/**',
      'examples/intimemanager/**',
      '.cache/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export: names are searched for.' },
        {
          selector:
            "TemplateLiteral:has(> Identifier[name='ledgerTable']) > TemplateElement[value.raw=/\\b(?:ALTER|CREATE|DELETE|DROP|INSERT|RENAME|REPLACE|TRUNCATE|UPDATE)\\b/]",
          message:
            'The ledger is written by migrations/ledger/ledger-write.ts alone: each of its writes is one that tests strike.',
        },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    plugins: { layers: layersPlugin },
    rules: {
      'layers/order': 'error',
      'layers/no-cycle': 'error',
      'no-restricted-imports': restrictions(''),
    },
  },
  ...doors.flatMap((door) =>
    door.files.map((file) => ({ files: [file], rules: { 'no-restricted-imports': restrictions(file) } })),
  ),
  {
    files: ['scripts/**/*.ts'],
    ignores: ['scripts/system/symlink-safe-fs.ts', ...inOwnFolders],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({
            name,
            allowImportNames: byDescriptor,
            allowTypeImports: true,
            message:
              'Files are reached by system/symlink-safe-fs.ts, or system/files.ts above it: another user may put a link in the place of any folder of a path.',
          })),
        },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    ignores: [
      'scripts/maj.ts',
      'scripts/cli/program.ts',
      'scripts/config/load.ts',
      'scripts/cli/generate.ts',
      'scripts/system/**',
      'scripts/cli/spinner-reporter.ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        {
          name: 'process',
          message:
            'The process belongs to cli/program.ts, config/load.ts and system/; take what you need from the context.',
        },
      ],
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  {
    // Every folder adds its own to these: an interface is there to be empty at first.
    files: ['scripts/core/{errors,events}.ts'],
    rules: { '@typescript-eslint/no-empty-object-type': 'off' },
  },
  {
    // The English texts are the type that another language must have; their own return types are inferred.
    files: ['scripts/messages/**/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  { files: ['*.config.ts', 'eslint.config.js'], rules: { 'no-restricted-syntax': 'off' } },
);

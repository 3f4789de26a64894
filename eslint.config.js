import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** The packages that only one module may import, and why. */
const doors = [
  {
    packages: ['zx', 'zx/*', 'node:child_process', 'child_process'],
    files: ['scripts/system/processes.ts'],
    reason:
      'processes are started by system/processes.ts alone, which keeps passwords out of arguments and output out of memory',
  },
  {
    packages: ['mysql2', 'mysql2/*'],
    files: ['scripts/database/driver.ts'],
    reason:
      'connections are opened by database/session.ts alone, through driver.ts, with charset and sql_mode set',
  },
  {
    packages: ['tar'],
    files: ['scripts/system/archives.ts', 'scripts/system/unpack.ts'],
    reason:
      'archives are written by system/archives.ts and packages read by system/unpack.ts alone, which are strict about what they hold',
  },
  {
    packages: ['yauzl'],
    files: ['scripts/system/unzip.ts', 'scripts/system/zip-entry.ts'],
    reason: 'zip archives are read by system/unzip.ts alone, which checks what yauzl leaves to its callers',
  },
  {
    packages: ['dotenv'],
    files: ['scripts/config/load.ts'],
    reason: 'settings come from config/load.ts alone, so that nothing changes process.env',
  },
  {
    packages: ['ora'],
    files: ['scripts/terminal/spinner.ts'],
    reason: 'the domain reports events; terminal/spinner.ts alone draws them',
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
  'writeSync',
];

/** Files that touch only what nobody else can change: the project, our records, the system's own folders. */
const inOwnFolders = [
  'scripts/program.ts',
  'scripts/migrate-check.ts',
  'scripts/config/{generate,load,stranger}.ts',
  'scripts/database/{connection-options,option-file,server-template,throwaway,isolation}.ts',
  'scripts/migrations/{folder,new,script-file}.ts',
  'scripts/upgrade/{journal,lock,lock-file}.ts',
  'scripts/backup/{disk-usage,list-writer,partial,store,take-database,unchanged}.ts',
  'scripts/release/git-package.ts',
  'scripts/system/{download,identity,npm,own-version,private-copy,process-group,process-stat,processes,temporary}.ts',
  // They only ask where a link leads, to say so.
  'scripts/release/{carried-links,not-shared}.ts',
  'scripts/backup/outside-links.ts',
  'scripts/system/files.ts',
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
            'The ledger is written by migrations/ledger-write.ts alone: each of its writes is one that tests strike.',
        },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    rules: { 'no-restricted-imports': restrictions('') },
  },
  ...doors.flatMap((door) =>
    door.files.map((file) => ({ files: [file], rules: { 'no-restricted-imports': restrictions(file) } })),
  ),
  {
    files: ['scripts/**/*.ts'],
    ignores: ['scripts/system/beneath.ts', ...inOwnFolders],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({
            name,
            allowImportNames: byDescriptor,
            allowTypeImports: true,
            message:
              'Files are reached by system/beneath.ts, or system/files.ts above it: another user may put a link in the place of any folder of a path.',
          })),
        },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    ignores: [
      'scripts/maj.ts',
      'scripts/program.ts',
      'scripts/config/load.ts',
      'scripts/config/generate.ts',
      'scripts/system/**',
      'scripts/terminal/spinner.ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        {
          name: 'process',
          message:
            'The process belongs to program.ts, config/load.ts and system/; take what you need from the context.',
        },
      ],
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  {
    // The English texts are the type that another language must have; their own return types are inferred.
    files: ['scripts/terminal/messages/**/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  { files: ['*.config.ts', 'eslint.config.js'], rules: { 'no-restricted-syntax': 'off' } },
);

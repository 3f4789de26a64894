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

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'coverage/**',
      '.maj/**',
      'test/fixtures/**',
      'examples/**',
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
    ignores: [
      'scripts/maj.ts',
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
            'The process belongs to maj.ts, config/load.ts and system/; take what you need from the context.',
        },
      ],
    },
  },
  {
    files: ['**/*.js', 'examples/**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  {
    // The English texts are the type that another language must have; their own return types are inferred.
    files: ['scripts/terminal/messages/**/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  { files: ['*.config.ts', 'eslint.config.js'], rules: { 'no-restricted-syntax': 'off' } },
);

import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { githubCommands, sarifLog } from '../../../../scripts/cli/finding-formats.ts';
import { en } from '../../../../scripts/messages/en/index.ts';
import { findingCodes, type Finding } from '../../../../scripts/migrations/checks/finding.ts';
import { check } from './helpers.ts';

const findings = check('-- maj: allow truncate: sessions only\nTRUNCATE a;\nDROP TABLE b;\nBEGIN; COMMIT');

/** What the SARIF 2.1.0 schema demands of the parts that we write: required properties, and no others. */
const text = v.strictObject({ text: v.pipe(v.string(), v.nonEmpty()) });
const level = v.picklist(['none', 'note', 'warning', 'error']);
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const result = v.strictObject({
  ruleId: v.string(),
  ruleIndex: v.pipe(v.number(), v.integer(), v.minValue(0)),
  level,
  message: text,
  locations: v.array(
    v.strictObject({
      physicalLocation: v.strictObject({
        artifactLocation: v.strictObject({ uri: v.string() }),
        region: v.strictObject({ startLine: positive, startColumn: positive }),
      }),
    }),
  ),
  suppressions: v.array(v.strictObject({ kind: v.literal('inSource'), justification: v.string() })),
});
const log = v.strictObject({
  $schema: v.pipe(v.string(), v.url()),
  version: v.literal('2.1.0'),
  runs: v.tuple([
    v.strictObject({
      tool: v.strictObject({
        driver: v.strictObject({
          name: v.string(),
          semanticVersion: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+/)),
          rules: v.array(
            v.strictObject({
              id: v.string(),
              shortDescription: text,
              help: text,
              defaultConfiguration: v.strictObject({ level }),
            }),
          ),
        }),
      }),
      columnKind: v.literal('utf16CodeUnits'),
      results: v.array(result),
    }),
  ]),
});

const parsed = (found: readonly Finding[]): v.InferOutput<typeof log>['runs'][0] =>
  v.parse(log, JSON.parse(JSON.stringify(sarifLog(found, en.checks, '1.2.3')))).runs[0];

describe('SARIF', () => {
  test('has every rule, and each result points to its own', () => {
    const { tool, results } = parsed(findings);
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(findingCodes);
    for (const one of results) expect(tool.driver.rules[one.ruleIndex]?.id).toBe(one.ruleId);
  });

  test('has place, level and sentence, and the reason of what is allowed', () => {
    const [truncate, drop, begin] = parsed(findings).results;
    expect(truncate?.suppressions).toEqual([{ kind: 'inSource', justification: 'sessions only' }]);
    expect(drop).toMatchObject({
      ruleId: 'drop-table',
      level: 'error',
      message: { text: 'The table b is dropped, with all of its rows.' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: '012_change.sql' },
            region: { startLine: 3, startColumn: 12 },
          },
        },
      ],
      suppressions: [],
    });
    expect(begin?.level).toBe('note');
  });

  test('has paths as addresses, and what was measured', () => {
    const [first] = findings;
    if (first === undefined) throw new Error('nothing found');
    const uris = ['migrations/12 é%.sql', '/srv/my app/1_a.sql'].map((file) => {
      const [one] = parsed([{ ...first, file, evidence: { seconds: 1, rows: 2, warnings: 0 } }]).results;
      expect(one?.message.text).toContain('(measured on the copy: 1.0 s, 2 rows)');
      return one?.locations[0]?.physicalLocation.artifactLocation.uri;
    });
    expect(uris).toEqual(['migrations/12%20%C3%A9%25.sql', 'file:///srv/my%20app/1_a.sql']);
  });
});

describe('GitHub’s commands', () => {
  test('are one line a finding that is not allowed, with the remedy', () => {
    expect(githubCommands(findings, en.checks)).toEqual([
      '::error file=012_change.sql,line=3,col=12,title=drop-table::The table b is dropped, with all of its rows.%0ADrop it in a later release than the one that stops using it. Say why that is safe.',
      '::notice file=012_change.sql,line=4,col=1,title=transaction-control::The script has transactions of its own (BEGIN).%0AThey are kept. Without them each statement on rows is committed together with its record in the ledger.',
    ]);
  });

  test('escape what would end them', () => {
    const found = check('DROP TABLE `a\n::error ::%0A,b\r`').map((one) => ({ ...one, file: 'a:b,c%d.sql' }));
    expect(githubCommands(found, en.checks)[0]).toMatch(
      /^::error file=a%3Ab%2Cc%25d\.sql,line=1,col=12,title=drop-table::The table a%0A::error ::%250A,b%0D is dropped, .*%0ADrop/,
    );
  });
});

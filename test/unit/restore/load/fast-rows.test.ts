import { expect, test } from 'vitest';
import { planFastRows } from '../../../../scripts/restore/load/load-table.ts';

const create = (columns: readonly string[]): string =>
  `CREATE TABLE \`t\` (\n  ${columns.join(',\n  ')},\n  PRIMARY KEY (\`id\`)\n) ENGINE=InnoDB`;
const plain = create(['`id` int NOT NULL', '`a` varchar(20) DEFAULT NULL', '`b` blob']);

test.each([
  ['mariadb', 'INSERT INTO `t` VALUES\n(1,NULL,0x00),\n', '),\n(', 'VALUES\n('],
  ['mysql', "INSERT INTO `t` VALUES (1,'a),(b',''),(", '),(', 'VALUES ('],
] as const)('rows of %s are loaded as they stand in the dump', (flavour, insert, separator, values) => {
  const fast = planFastRows(flavour, plain, insert);
  expect(fast).toMatchObject({ separator, after: ');\n', before: `INSERT INTO \`t\` ${values}`.length });
  expect(fast?.statement).toBe(
    "LOAD DATA LOCAL INFILE 'rows' INTO TABLE `t` CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' ENCLOSED BY '\\'' " +
      `ESCAPED BY '\\\\' LINES TERMINATED BY '${separator.replace('\n', '\\n')}' (\`id\`, \`a\`, @maj_2) ` +
      'SET `b` = UNHEX(SUBSTRING(@maj_2, 3))',
  );
});

test('an INSERT that names its columns is loaded into these', () => {
  const generated = create([
    '`id` int NOT NULL',
    '`x``,` int',
    '`g` int GENERATED ALWAYS AS (`id` * 2) VIRTUAL',
  ]);
  const fast = planFastRows('mysql', generated, 'INSERT INTO `t` (`x``,`, `id`) VALUES (1,2);\n');
  expect(fast?.statement).toContain('(`x``,`, `id`)');
});

test('what MariaDB writes of generated columns is read, and dropped', () => {
  const generated = create(['`id` int NOT NULL', '`g` int GENERATED ALWAYS AS (`id` * 2) VIRTUAL']);
  expect(planFastRows('mariadb', generated, 'INSERT INTO `t` VALUES\n(1,2);')?.statement).toMatch(
    /\(`id`, @maj_1\)$/,
  );
});

test.each([
  [
    'a column of an unknown type',
    create(['`id` int NOT NULL', '`m` hologram']),
    'INSERT INTO `t` VALUES (1,2);',
  ],
  [
    'a generated column and no list',
    create(['`id` int', '`g` int GENERATED ALWAYS AS (1)']),
    'INSERT INTO `t` VALUES (1);',
  ],
  [
    'an invisible column and no list',
    create(['`id` int', '`i` int /*!80023 INVISIBLE */']),
    'INSERT INTO `t` VALUES (1);',
  ],
  ['a column that the table does not have', plain, 'INSERT INTO `t` (`id`, row_start) VALUES (1,2);'],
  ['another statement', plain, 'INSERT IGNORE INTO `t` VALUES (1);'],
  ['a definition that is not understood', 'CREATE VIEW `t` AS SELECT 1', 'INSERT INTO `t` VALUES (1);'],
])('%s is loaded by its INSERTs', (_what, definition, insert) => {
  expect(planFastRows('mysql', definition, insert)).toBeUndefined();
});

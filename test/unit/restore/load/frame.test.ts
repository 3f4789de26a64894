import { expect, test } from 'vitest';
import { withoutFrame } from '../../../../scripts/restore/load/part-statements.ts';

const textsOf = (...texts: readonly string[]): { text: string }[] => texts.map((text) => ({ text }));

test('of a table, made in a session that is in utf8mb4 already, only what makes it is left', () => {
  const create = 'CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB';
  for (const version of ['40101', '50503'])
    expect(
      withoutFrame(
        textsOf(
          'DROP TABLE IF EXISTS `t`',
          '/*!40101 SET @saved_cs_client     = @@character_set_client */',
          `/*!${version} SET character_set_client = utf8mb4 */`,
          create,
          '/*!40101 SET character_set_client = @saved_cs_client */',
        ),
      ),
    ).toEqual(textsOf(create));
});

test.each([
  // As MariaDB's programs wrote before 10.3.
  ['/*!40101 SET character_set_client = utf8 */'],
  ['/*!40101 SET character_set_client = latin1 */'],
  ['SET character_set_client = utf8mb4'],
])('all is left where it says something else: %s', (charset) => {
  const all = textsOf('DROP TABLE IF EXISTS `t`', charset, 'CREATE TABLE `t` (`a` int)');
  expect(withoutFrame(all)).toEqual(all);
});

test('what else stands around a table is left', () => {
  const others = textsOf(
    '/*!40101 SET character_set_client = utf8mb4 */',
    'CREATE TABLE `t` (`a` int)',
    '/*!40000 ALTER TABLE `t` DISABLE KEYS */',
    "SET @x = 'DROP TABLE IF EXISTS `t`'",
  );
  expect(withoutFrame(others)).toEqual(others.slice(1));
});

import { expect, test } from 'vitest';
import { withCurrentDefiner, withoutDefiner } from '../../../scripts/database/definition-texts.ts';
import { rewritten } from '../../../scripts/restore/load/rewrite-statements.ts';

test.each([
  [
    'CREATE DEFINER=`a`@`%` PROCEDURE `p`()\nselect 1',
    'CREATE DEFINER=CURRENT_USER PROCEDURE `p`()\nselect 1',
  ],
  [
    'CREATE OR REPLACE DEFINER=`a``b`@`h` PACKAGE `p` AS',
    'CREATE OR REPLACE DEFINER=CURRENT_USER PACKAGE `p` AS',
  ],
  ['CREATE DEFINER=`role` FUNCTION `f`()', 'CREATE DEFINER=CURRENT_USER FUNCTION `f`()'],
  [
    '/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `u` FOR EACH ROW SET @x = 1 */',
    '/*!50003 CREATE*/ /*!50017 DEFINER=CURRENT_USER*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `u` FOR EACH ROW SET @x = 1 */',
  ],
  [
    '/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select 1 */',
    '/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=CURRENT_USER SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select 1 */',
  ],
  [
    "CREATE TABLE `t` (`a` int COMMENT 'DEFINER=`x`@`y`')",
    "CREATE TABLE `t` (`a` int COMMENT 'DEFINER=`x`@`y`')",
  ],
  ['CREATE PROCEDURE `p`() SELECT DEFINER=`x`', 'CREATE PROCEDURE `p`() SELECT DEFINER=`x`'],
])('%s runs as whoever restores it', (statement, expected) => {
  expect(withCurrentDefiner(statement)).toBe(expected);
});

test.each([
  ['/*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */', '/*!50013 DEFINER=`c`@`%` SQL SECURITY DEFINER */'],
  ['CREATE DEFINER=`a`@`b` PROCEDURE `p`()', 'CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()'],
  [
    '/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`b`*/ /*!50106 EVENT `e`',
    '/*!50106 CREATE*/ /*!50117 DEFINER=`c`@`d`*/ /*!50106 EVENT `e`',
  ],
])('%s is the same of any account', (one, other) => {
  expect(withoutDefiner(one)).toBe(withoutDefiner(other));
});

test('the charset of another database than the one that is loaded into is never changed', () => {
  const options = { from: 'live', into: 'cöpy', definers: 'keep' } as const;
  expect(rewritten('ALTER DATABASE `live` CHARACTER SET latin1', options)).toBe(
    `ALTER DATABASE ${Buffer.from('`cöpy`').toString('latin1')} CHARACTER SET latin1`,
  );
  expect(rewritten('ALTER DATABASE `live2` CHARACTER SET latin1', options)).toContain('`live2`');
});

test('a table of a copy has its files in the folder of the server, one that is restored where they were', () => {
  const create =
    "CREATE TABLE `t` (\n  `a` int COMMENT ' DATA DIRECTORY=''/x'''\n) ENGINE=InnoDB DATA DIRECTORY='/mnt/'";
  const whole = { from: 'db', into: 'db', definers: 'keep' } as const;
  expect(rewritten(create, whole)).toBe(create);
  expect(rewritten(create, { ...whole, ownDirectory: true })).toBe(
    create.slice(0, -" DATA DIRECTORY='/mnt/'".length),
  );
});

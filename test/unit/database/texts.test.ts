import { describe, expect, it } from 'vitest';
import { canonicalTable } from '../../../scripts/database/definition-texts.ts';
import { allows, grantsOn } from '../../../scripts/database/grants.ts';
import { parseAccount } from '../../../scripts/database/inventory.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { optionsInHelp } from '../../../scripts/dump/client/clients.ts';
import { dumpArguments } from '../../../scripts/dump/client/dump.ts';
import { optionFileText, optionValue } from '../../../scripts/dump/client/option-file.ts';
import { quoteAccount, quoteName, quoteNamePattern, quoteText } from '../../../scripts/sql/quote.ts';
import { loadArguments } from '../../helpers/vendor-clients.ts';

describe('quoting', () => {
  it.each([
    [quoteName('a`b'), '`a``b`'],
    [quoteText(`a'b\\c`), `'a''b\\\\c'`],
    [quoteNamePattern('my_app%'), '`my\\_app\\%`'],
    [quoteAccount({ user: "o'b", host: '%' }), `'o''b'@'%'`],
  ])('gives %s', (quoted, expected) => {
    expect(quoted).toBe(expected);
  });
});

describe('an account', () => {
  it.each([
    ['app@localhost', { user: 'app', host: 'localhost' }],
    ['a@b@10.%', { user: 'a@b', host: '10.%' }],
    ['some_role', { user: 'some_role', host: '' }],
    ['@', { user: '', host: '' }],
  ])('is read from %s', (text, account) => {
    expect(parseAccount(text)).toEqual(account);
  });
});

describe('an option file', () => {
  const target: Target = {
    host: 'db',
    port: 3307,
    socket: undefined,
    user: 'app',
    password: undefined,
    database: 'd',
    sslMode: 'verify',
    sslCa: '/ca.pem',
  };

  it('escapes what would end or change a value', () => {
    expect(optionValue('a"b\\n#\n')).toBe('"a\\"b\\\\n#\\n"');
  });

  it('names host, port and protocol, since localhost means a socket to the clients and not to the driver', () => {
    expect(optionFileText(target, 'mysql')).toBe(
      '[client]\nuser="app"\nhost="db"\nport=3307\nprotocol=tcp\nssl-mode=VERIFY_IDENTITY\nssl-ca="/ca.pem"\n',
    );
  });

  it.each([
    ['mysql', 'preferred', 'ssl-mode=PREFERRED'],
    ['mysql', 'disabled', 'ssl-mode=DISABLED'],
    ['mysql', 'auto', 'ssl-mode=VERIFY_IDENTITY'],
    ['mysql', 'verify-ca', 'ssl-mode=VERIFY_CA'],
    ['mariadb', 'preferred', 'skip-ssl-verify-server-cert\nplugin-dir="/nonexistent"'],
    ['mariadb', 'auto', 'ssl\nssl-verify-server-cert'],
    ['mariadb', 'verify-ca', 'ssl\nssl-verify-server-cert'],
    ['mariadb', 'disabled', 'skip-ssl\nplugin-dir="/nonexistent"'],
    ['mariadb', 'required', 'ssl\nskip-ssl-verify-server-cert\nplugin-dir="/nonexistent"'],
    ['mariadb', 'verify', 'ssl\nssl-verify-server-cert'],
  ] as const)('tells %s’s clients about encryption when it is %s', (flavour, sslMode, lines) => {
    expect(optionFileText({ ...target, sslMode, sslCa: undefined }, flavour)).toContain(
      `protocol=tcp\n${lines}\n`,
    );
  });
});

describe('an option file for a server on this machine', () => {
  it.each([
    ['mysql', 'ssl-mode=PREFERRED'],
    ['mariadb', 'skip-ssl-verify-server-cert'],
  ] as const)('tells %s’s clients to verify nothing unless asked', (flavour, line) => {
    const target: Target = {
      host: '127.0.0.1',
      port: 3306,
      socket: undefined,
      user: 'app',
      password: undefined,
      database: 'd',
      sslMode: 'auto',
      sslCa: undefined,
    };
    expect(optionFileText(target, flavour).split('\n')).toContain(line);
  });
});

describe('the options of a program', () => {
  const help = [
    '  -a, --create-options ',
    '  --set-gtid-purged[=name] ',
    '  --[no-]reconnect    Reconnect if the connection is lost.',
    '                      Disable with --skip-comments.',
    'column-statistics                         FALSE',
  ].join('\n');
  const knows = optionsInHelp(help);

  it.each([
    ['set-gtid-purged', true],
    ['create-options', true],
    ['reconnect', true],
    ['comments', true],
    ['column-statistics', true],
    ['dump-history', false],
  ])('%s: %s', (option, known) => {
    expect(knows(option)).toBe(known);
  });

  it('are only given where the program knows them', () => {
    const all = dumpArguments('/f', 'db', () => true);
    const fewest = dumpArguments('/f', 'db', () => false);
    expect(all[0]).toBe('--defaults-file=/f');
    expect(all).toEqual(expect.arrayContaining(['--set-gtid-purged=OFF', '--dump-history']));
    expect(fewest).not.toContain('--set-gtid-purged=OFF');
    expect(loadArguments('/f', '-odd', () => false).slice(-2)).toEqual(['--', '-odd']);
  });
});

describe('grants on a whole database', () => {
  it.each([
    ['all, everywhere', ['GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION'], true],
    [
      'all, on it',
      ['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT ALL PRIVILEGES ON `my\\_app`.* TO `a`@`%`'],
      true,
    ],
    ['one of many', ['GRANT SELECT, TRIGGER, EVENT ON `my_app`.* TO `a`@`%`'], true],
    ['on a pattern', ['GRANT TRIGGER ON `my%`.* TO `a`@`%`'], true],
    ['on another', ['GRANT TRIGGER ON `my\\_apps`.* TO `a`@`%`'], false],
    ['on one table', ['GRANT TRIGGER ON `my_app`.`users` TO `a`@`%`'], false],
    [
      'revoked in part',
      ['GRANT SELECT, TRIGGER ON *.* TO `a`@`%`', 'REVOKE TRIGGER ON `my_app`.* FROM `a`@`%`'],
      false,
    ],
    ['none', ['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT `role`@`%` TO `a`@`%`'], false],
  ])('%s', (_title, lines, allowed) => {
    expect(allows(grantsOn(lines, 'my_app'), 'TRIGGER')).toBe(allowed);
  });
});

describe('the canonical form of a table', () => {
  it('leaves AUTO_INCREMENT out where it is a counter, and only there', () => {
    const table = (counter: string): string =>
      `CREATE TABLE \`t\` (\n  \`id\` int NOT NULL AUTO_INCREMENT COMMENT ' AUTO_INCREMENT=3'\n) ENGINE=InnoDB${counter} DEFAULT CHARSET=utf8mb4 COMMENT='x AUTO_INCREMENT=4'\n/*!50100 PARTITION BY HASH (id) */`;
    expect(canonicalTable(table(' AUTO_INCREMENT=12'))).toBe(table(''));
  });

  it('names a column’s charset once, as MySQL does before and not after a dump was loaded', () => {
    const before = '  `a``b` varchar(9) COLLATE utf8mb4_general_ci NOT NULL,';
    const after = '  `a``b` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,';
    expect(canonicalTable(after)).toBe(before);
    const enumeration = (charset: string): string => `  \`a\` enum('x','y')${charset} COLLATE utf8mb4_bin,`;
    expect(canonicalTable(enumeration(' CHARACTER SET utf8mb4'))).toBe(enumeration(''));
    const text = "  `a` varchar(9) DEFAULT ' CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',";
    expect(canonicalTable(text)).toBe(text);
  });
});

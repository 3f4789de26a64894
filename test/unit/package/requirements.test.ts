import { describe, expect, it } from 'vitest';
import {
  nodeVersion,
  parseRequirements,
  phpModules,
  phpVersion,
  unmetRequirements,
  type Requirements,
  type InstalledSoftware,
} from '../../../scripts/package/requirements.ts';

const there: InstalledSoftware = {
  maj: '0.2.0',
  installed: '1.4.0',
  php: '8.2.7',
  phpExtensions: ['Core', 'intl', 'Zend OPcache'],
  node: '20.20.2',
  server: { flavour: 'mariadb', version: '10.11.6', text: 'MariaDB 10.11.6' },
};

describe('what a package needs', () => {
  it.each<[string, Requirements, Partial<InstalledSoftware>, readonly string[]]>([
    ['nothing', {}, {}, []],
    ['everything that is there', everything(), {}, []],
    ['a newer maj', { maj: '0.3.0' }, {}, ['maj']],
    ['an older maj', { maj: '0.1.9' }, {}, []],
    ['a version in between', { from: '>=1.9.0' }, {}, ['from']],
    ['a version in between, over nothing', { from: '>=1.9.0' }, { installed: undefined }, []],
    ['a version in between, over one that does not tell', { from: '>=1.9.0' }, { installed: null }, ['from']],
    ['a version before the installed one', { from: '>=1.0.0 <1.4.0' }, {}, ['from']],
    ['a pre-release of what is needed', { from: '>=1.4.0-0' }, { installed: '1.4.0-rc.1' }, []],
    ['a version as the application writes it', { from: '>=24.05 <24.11' }, { installed: '24.05.1' }, []],
    ['one of four numbers', { from: '>=28.0.1.2' }, { installed: '28.0.1.1' }, ['from']],
    ['a range over what is no version', { from: '*' }, { installed: 'trunk' }, ['from']],
    ['a newer PHP', { php: '>=8.3' }, {}, ['php']],
    ['an older PHP', { php: '^7.4' }, {}, ['php']],
    ['PHP where there is none', { php: '>=8' }, { php: undefined }, ['php']],
    ['extensions, whatever their case', { phpExtensions: ['INTL', 'zend opcache'] }, {}, []],
    ['an extension that is missing', { phpExtensions: ['intl', 'gd'] }, {}, ['php-extensions gd']],
    ['a newer Node', { node: '>=22' }, {}, ['node']],
    ['Node where there is none', { node: '>=18' }, { node: undefined }, ['node']],
    ['a newer MariaDB', { servers: { mariadb: '11.4' } }, {}, ['server MariaDB 11.4']],
    ['the very MariaDB', { servers: { mariadb: '10.11.6' } }, {}, []],
    ['a MariaDB by its first number', { servers: { mariadb: '10' } }, {}, []],
    ['MySQL alone', { servers: { mysql: '8.0' } }, {}, ['server MySQL 8.0']],
    [
      'everything else',
      { maj: '9.0.0', from: '^2', php: '>=9', phpExtensions: ['gd'], node: '>=99', servers: { mysql: '9' } },
      {},
      ['maj', 'from', 'php', 'node', 'php-extensions gd', 'server MySQL 9'],
    ],
  ])('%s', (_, needs, other, expected) => {
    const unmet = unmetRequirements(needs, { ...there, ...other });
    expect(
      unmet.map((one) =>
        one.kind === 'php-extensions'
          ? `${one.kind} ${one.missing.join()}`
          : one.kind === 'server'
            ? `${one.kind} ${one.needed.join()}`
            : one.kind,
      ),
    ).toEqual(expected);
  });

  function everything(): Requirements {
    return {
      maj: '0.2.0',
      from: '>=1.4.0 <2',
      php: '>=8.1 <9',
      phpExtensions: ['intl'],
      node: '>=20.19',
      servers: { mariadb: '10.6', mysql: '8.0' },
    };
  }

  it('is read as it is written', () => {
    expect(parseRequirements(JSON.stringify(everything()))).toEqual({
      requirements: everything(),
      problems: [],
    });
  });

  it.each([
    ['{', ['unreadable']],
    ['[]', ['unreadable']],
    ['{"phpp": "1"}', ['unknown phpp php']],
    ['{"phpextensions": []}', ['unknown phpextensions phpExtensions']],
    ['{"servers": {"mariab": "10.6"}}', ['unknown servers.mariab mariadb']],
    ['{"php": "newest"}', ['invalid php']],
    ['{"maj": ">=1"}', ['invalid maj']],
    ['{"servers": {"mysql": ">=8"}}', ['invalid servers.mysql']],
    ['{"phpExtensions": "intl"}', ['invalid phpExtensions']],
    ['{"node": 20, "php": "newest", "frm": "1"}', ['unknown frm from', 'invalid node', 'invalid php']],
  ])('that is written as %s is refused with all that is wrong', (text, expected) => {
    const { problems } = parseRequirements(text);
    const said = problems.map((problem) =>
      problem.kind === 'unreadable'
        ? problem.kind
        : `${problem.kind} ${problem.key}${problem.kind === 'unknown' ? ` ${problem.nearest ?? '-'}` : ''}`,
    );
    expect([...said].sort()).toEqual([...expected].sort());
  });
});

it('the version and the modules of PHP are read from what it prints', () => {
  const printed =
    'PHP 8.2.7-1+deb12u1 (cli) (built: Jun  9 2023 19:37:27) (NTS)\nCopyright (c) The PHP Group\n';
  expect(phpVersion(printed)).toBe('8.2.7');
  expect(phpVersion('sh: 1: php: not found')).toBeUndefined();
  expect([nodeVersion('v20.19.0\n'), nodeVersion('')]).toEqual(['20.19.0', undefined]);
  expect(phpModules('[PHP Modules]\nCore\nintl\n\n[Zend Modules]\nZend OPcache\n')).toEqual([
    'Core',
    'intl',
    'Zend OPcache',
  ]);
});

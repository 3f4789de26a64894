import { describe, expect, it } from 'vitest';
import { editedLimits, showEdited } from '../../../scripts/release/copy/edited-files.ts';
import { isSecretFile } from '../../../scripts/release/hide-secret-lines.ts';

const text = (content: string): Buffer => Buffer.from(content);

it.each([
  ['.env', true],
  ['config/.env.local', true],
  ['prod.env', true],
  ['wp-config.php', true],
  ['certs/site.key', true],
  ['certs/site.pem', true],
  ['auth.json', true],
  ['.ssh/id_ed25519', true],
  ['config/Secrets.yml', true],
  ['.htpasswd', true],
  ['environment.php', false],
  ['src/keyboard.ts', false],
  ['index.php', false],
  ['js/input_password.js', false],
  ['src/setCredentialFeature.js', false],
  ['lang/lost-password.html', false],
  ['img/password_icon.svg', false],
  ['config/secrets.js', true],
  ['credential.ts', true],
  ['config/.secrets.js', true],
  ['credentials.json', true],
  ['db_password.txt', true],
  ['db-password.php', true],
])('whether the content of %s is nobody’s business: %s', (path, secret) => {
  expect(isSecretFile(path)).toBe(secret);
  if (secret) expect(showEdited(path, text('a'), text('b'))).toEqual({ kind: 'secret', path });
});

it.each([
  'config.php',
  'config.inc.php',
  'inc/config.local.php',
  'app.config.php',
  'dbconfig.php',
  'configuration.php',
  'typo3conf/LocalConfiguration.php',
  'sites/default/settings.php',
  'sites/default/settings.local.php',
  'LocalSettings.php',
  'app/config/parameters.yml',
  'parameters.php',
  'config/database.php',
  'application/config/database.php',
  'config/database.yml',
  'db.inc.php',
  'app/etc/local.xml',
  'app/etc/env.php',
  'config/app_local.php',
  'config/autoload/db.local.php',
  'appsettings.json',
  'web.config',
  'config.php.dist',
])('a difference of %s is not shown, whatever its lines look like', (path) => {
  expect(showEdited(path, text('a'), text('b'))).toEqual({ kind: 'secret', path });
});

it.each([
  'index.php',
  'tsconfig.json',
  'src/Configurator.php',
  'reconnect.php',
  'lib/locale.php',
  'style.css',
])('a difference of %s is shown', (path) => {
  expect(showEdited(path, text('a'), text('b'))).toMatchObject({ kind: 'diff' });
});

describe('an edited file', () => {
  it('is shown as a unified diff', () => {
    const shown = showEdited('index.php', text('a\nb\nc\n'), text('a\nB\nc\n'));
    expect(shown).toEqual({
      kind: 'diff',
      path: 'index.php',
      lines: [
        '--- index.php\tof the release',
        '+++ index.php\there',
        '@@ -1,3 +1,3 @@',
        ' a',
        '-b',
        '+B',
        ' c',
      ],
      more: 0,
    });
  });

  it.each([
    ["$password = 'hunter2';", 'hunter2'],
    ['API_KEY=hunter2', 'hunter2'],
    ["'url' => 'mysql://app:hunter2@db/app'", 'hunter2'],
    ["define('AUTH_SALT', 'hunter2');", 'hunter2'],
    ["define('DB_PASS', 'hunter2');", 'hunter2'],
    ["$db_pass = 'hunter2';", 'hunter2'],
    ["$dbpass = 'hunter2';", 'hunter2'],
    ["$dbPass = 'hunter2';", 'hunter2'],
    ["'pwd' => 'hunter2',", 'hunter2'],
    ["$mdp = 'hunter2';", 'hunter2'],
    ["$config['encryption_key'] = 'hunter2';", 'hunter2'],
    ["'encryptionKey' => 'hunter2',", 'hunter2'],
    ["'key' => 'base64:aHVudGVyMg==',", 'aHVudGVyMg'],
    ["'key' => 'hunter2',", 'hunter2'],
    ['key: hunter2hunter2', 'hunter2'],
    ['<key><![CDATA[hunter2]]></key>', 'hunter2'],
    ["new PDO('mysql:host=db', 'app', 'hunter2');", 'hunter2'],
    ["$db = new mysqli('h', 'u', 'hunter2');", 'hunter2'],
    ["mysqli_connect('h','u','hunter2');", 'hunter2'],
    ["$link = mysql_connect($host, 'u', 'hunter2');", 'hunter2'],
    ["$db->connect('h', 'u', 'hunter2');", 'hunter2'],
    ["ldap_bind($ldap, 'cn=app', 'hunter2');", 'hunter2'],
    ["$redis->auth('hunter2');", 'hunter2'],
    ["$id = '3f2a9c0b7d1e4f5a8b6c3d2e1f0a9b8c';", '3f2a9c0b'],
    ['-- DB_PASS hunter2', 'hunter2'],
  ])('is shown without a line such as %s', (line, secret) => {
    const shown = showEdited('index.php', text('a\n'), text(`a\n${line}\nplain\n`));
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(shown).toMatchObject({ kind: 'diff', lines: expect.arrayContaining(['+…', '+plain']) as unknown });
  });

  it.each([
    'foreach ($rows as $key => $value) {',
    'if (array_key_exists($key, $rows)) $bypass = true;',
    '// north on the compass, as passed in',
    "$name = $row['key'];",
    'keyboard.focus();',
    "'host' => 'db.example.org',",
    '$spinner = pinned($monkeys);',
  ])('is shown with an ordinary line such as %s', (line) => {
    const shown = showEdited('index.php', text('a\n'), text(`a\n${line}\n`));
    expect(shown).toMatchObject({ lines: expect.arrayContaining([`+${line}`]) as unknown });
  });

  it.each([
    ['the value of a name on the line before', "'password' =>\n  'hunter2',\nplain\n"],
    ['the second argument of a call', "define(\n  'DB_PASS',\n  'hunter2'\n);\nplain\n"],
    ['the arguments of a call', "mysqli_connect(\n  'h',\n  'u',\n  'hunter2'\n);\nplain\n"],
  ])('is shown without %s', (_, content) => {
    for (const [before, after] of [
      ['a\n', `a\n${content}`],
      [content, 'a\n'],
      [content, content.replace('hunter2', 'hunter23')],
    ] as const) {
      const shown = showEdited('index.php', text(before), text(after));
      expect(JSON.stringify(shown)).not.toContain('hunter2');
      expect(JSON.stringify(shown)).toContain('plain');
    }
  });

  it('that holds a private key is not shown at all', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n';
    expect(showEdited('jwt.php', text('a'), text(key))).toEqual({ kind: 'secret', path: 'jwt.php' });
  });

  it.each<[string, Buffer | undefined, Buffer, string]>([
    ['without its original', undefined, text('a'), 'no-original'],
    ['with a zero byte', text('a'), Buffer.from([97, 0]), 'binary'],
    ['that is no UTF-8', Buffer.from([0xff, 0xfe, 97]), text('a'), 'binary'],
    ['that is large', text('a'), Buffer.alloc(editedLimits.bytes + 1, 'a'), 'large'],
  ])('%s is only named', (_, original, edited, kind) => {
    expect(showEdited('a.php', original, edited)).toEqual({ kind, path: 'a.php' });
  });

  it('is shown in part when much of it differs, and without what would steer a terminal', () => {
    const many = Array.from({ length: 100 }, (_, line) => `\u001b[2J${line}`).join('\n');
    const shown = showEdited('a.php', text(''), text(many));
    expect(shown).toMatchObject({ kind: 'diff', more: 100 + 4 - editedLimits.lines });
    expect(JSON.stringify(shown)).not.toContain('u001b');
  });
});

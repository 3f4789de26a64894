import { describe, expect, it } from 'vitest';
import { editedLimits, isSecretFile, showEdited } from '../../../scripts/release/edited-files.ts';

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
])('whether the content of %s is nobody’s business: %s', (path, secret) => {
  expect(isSecretFile(path)).toBe(secret);
  if (secret) expect(showEdited(path, text('a'), text('b'))).toEqual({ kind: 'secret', path });
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
  ])('is shown without a line such as %s', (line, secret) => {
    const shown = showEdited('config.php', text('a\n'), text(`a\n${line}\nplain\n`));
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(shown).toMatchObject({ kind: 'diff', lines: expect.arrayContaining(['+…', '+plain']) as unknown });
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

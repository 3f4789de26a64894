import { expect, test } from 'vitest';
import { encryptionOf, takesServersKey } from '../../../scripts/database/encryption.ts';

test.each([
  [undefined, 'localhost', 'auto', 'preferred'],
  [undefined, 'LOCALHOST.', 'auto', 'preferred'],
  [undefined, '127.0.0.1', 'auto', 'preferred'],
  [undefined, '127.9.9.9', 'auto', 'preferred'],
  [undefined, '::1', 'auto', 'preferred'],
  [undefined, 'db', 'auto', 'verify'],
  [undefined, 'localhost.example.org', 'auto', 'verify'],
  [undefined, '127.0.0.1.example.org', 'auto', 'verify'],
  // Names, which the network could answer for.
  [undefined, '127.999.1.1', 'auto', 'verify'],
  [undefined, '127.1', 'auto', 'verify'],
  [undefined, '10.0.0.5', 'auto', 'verify'],
  [undefined, '::ffff:127.0.0.1', 'auto', 'verify'],
  [undefined, '2001:db8::1', 'auto', 'verify'],
  [undefined, 'db', 'preferred', 'preferred'],
  [undefined, 'localhost', 'verify', 'verify'],
  [undefined, 'localhost', 'verify-ca', 'verify-ca'],
  [undefined, 'db', 'required', 'required'],
  [undefined, 'db', 'disabled', 'disabled'],
  ['/run/s', 'db', 'auto', 'disabled'],
  ['/run/s', 'db', 'verify', 'disabled'],
] as const)('the connection by %s or to %s with DB_SSL_MODE=%s: %s', (socket, host, sslMode, encryption) => {
  expect(encryptionOf({ socket, host, sslMode })).toBe(encryption);
});

test.each([
  ['/run/s', 'db', 'auto', true],
  [undefined, 'localhost', 'auto', false],
  [undefined, 'localhost', 'preferred', false],
  [undefined, 'localhost', 'disabled', true],
  [undefined, '127.0.0.1', 'disabled', true],
  [undefined, 'db', 'disabled', false],
  [undefined, 'db', 'required', false],
] as const)(
  'a key that the server names, by %s or at %s with DB_SSL_MODE=%s: %s',
  (socket, host, sslMode, taken) => {
    expect(takesServersKey({ socket, host, sslMode })).toBe(taken);
  },
);

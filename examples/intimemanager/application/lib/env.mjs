// Reads a .env file: KEY=value lines; quotes around a value are taken off.

import { readFileSync } from 'node:fs';

export function readEnv(file) {
  const settings = {};
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const [, name, value] = /^\s*([A-Z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) settings[name] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return settings;
}

/** What mysql2 needs to know of the settings: DB_SOCKET, or DB_HOST and DB_PORT; DB_NAME, DB_USER, DB_PASSWORD. */
export const connectionOptions = (settings) => ({
  ...(settings.DB_SOCKET
    ? { socketPath: settings.DB_SOCKET }
    : { host: settings.DB_HOST || 'localhost', port: Number(settings.DB_PORT || 3306) }),
  user: settings.DB_USER,
  password: settings.DB_PASSWORD,
  database: settings.DB_NAME,
  charset: 'utf8mb4',
  dateStrings: true,
  connectTimeout: 5_000,
});

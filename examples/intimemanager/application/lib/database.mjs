// A connection for each request, as PHP does it: none is left over from before a restart or a switch.

import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { connectionOptions, readEnv } from './env.mjs';
import { home } from './settings.mjs';

export async function withDatabase(work) {
  const connection = await mysql.createConnection(connectionOptions(readEnv(join(home, '.env'))));
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

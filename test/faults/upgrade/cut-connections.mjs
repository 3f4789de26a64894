// Cuts every connection that the application's account has to a server: node cut-connections.mjs SOCKET

import process from 'node:process';
import mysql from 'mysql2/promise';

const connection = await mysql.createConnection({ socketPath: process.argv[2], user: 'root' });
const [rows] = await connection.query(
  "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'intimemanager'",
);
for (const { id } of rows) await connection.query(`KILL ${id}`).catch(() => undefined);
await connection.end();

/**
 * A service of an application, as a process of its own: writes ten rows a second, connects anew whenever it is cut, and
 * says in a file which rows the server has taken. Its file with the process id is there while it may write. It ends with
 * the tests, however they end.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';

const [tests = '', settings = '', pid = '', taken = ''] = process.argv.slice(2);
let stop = false;
process.on('SIGTERM', () => (stop = true));
writeFileSync(pid, String(process.pid));

let number = existsSync(taken) ? readFileSync(taken, 'utf8').split('\n').length : 1;
let connection;
while (!stop && existsSync(`/proc/${tests}`)) {
  try {
    connection ??= await mysql.createConnection({
      ...JSON.parse(readFileSync(settings, 'utf8')),
      connectAttributes: { program_name: 'queue-worker' },
    });
    const name = `job ${number}`;
    await connection.query(`INSERT INTO projects (name, settings) VALUES ('${name}', '{}')`);
    appendFileSync(taken, `${name}\n`);
    number += 1;
  } catch {
    connection?.destroy();
    connection = undefined;
  }
  await sleep(100);
}
await connection?.end().catch(() => undefined);
rmSync(pid, { force: true });

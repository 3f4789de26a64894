#!/usr/bin/env node
// Fills the database with rows that look like a company's, the same ones for the same seed.
//
//   node seed.mjs ENV_FILE [ROWS]      ROWS: timesheets, 100000 unless said otherwise

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import mysql from 'mysql2/promise';
import { connectionOptions, readEnv } from './application/lib/env.mjs';
import { avatar, firstNames, lastNames, notes, plainLetters, projects, randomFrom } from './seed-data.mjs';

const firstDay = Date.UTC(2024, 0, 1);
const days = 730;
const batch = 2_000;
const dayAfter = (count) => new Date(firstDay + count * 86_400_000).toISOString().slice(0, 10);

function peopleFrom(random) {
  const people = Array.from({ length: 40 }, (_, n) => {
    const [first, last] = [firstNames[n % 20], lastNames[(n * 3 + Math.floor(n / 20)) % 10]];
    const email = `${plainLetters(first)}.${plainLetters(last)}@exemple.fr`;
    const role = n % 8 === 0 ? 'responsable' : 'employé';
    return { name: `${first} ${last}`, email, role, hired: dayAfter(-random.below(3_000)) };
  });
  // Two accounts were created twice: 2.0.0 stumbles over them.
  for (const { name, email, role, hired } of [people[3], people[17]]) {
    people.push({ name, email: email[0].toUpperCase() + email.slice(1), role, hired });
  }
  return people;
}

function* timesheetsFrom(random, rows, userIds, projectIds) {
  for (let row = 0; row < rows; row++) {
    const day = Math.floor((row / rows) * days);
    const status = day < 600 ? 'facturé' : day < 700 ? 'validé' : 'brouillon';
    const hours = (1 + random.below(32)) / 4;
    yield [
      random.oneOf(userIds),
      random.oneOf(projectIds),
      dayAfter(day),
      hours,
      random.oneOf(notes),
      status,
    ];
  }
}

async function insertAll(connection, statement, rows) {
  const [{ insertId }] = await connection.query(statement, [rows]);
  return rows.map((_, n) => insertId + n);
}

/**
 * Fills a database that has the tables of 1.0.0.
 *
 * @param {string} envFile the `.env` that names the database: DB_SOCKET or DB_HOST, DB_NAME, DB_USER, DB_PASSWORD
 * @param {{ rows?: number, seed?: number }} options how many timesheets, and which random ones
 * @returns {Promise<{ users: number, projects: number, timesheets: number }>} how many rows were added
 */
export async function seedDatabase(envFile, { rows = 100_000, seed = 42 } = {}) {
  const random = randomFrom(seed);
  const connection = await mysql.createConnection({ ...connectionOptions(readEnv(envFile)), timezone: 'Z' });
  try {
    // The clock stands still, so that created_at and the audit log are the same each time too.
    await connection.query("SET time_zone = '+00:00', timestamp = UNIX_TIMESTAMP('2026-01-02 08:00:00')");
    await connection.beginTransaction();
    const people = peopleFrom(random);
    const userIds = await insertAll(
      connection,
      'INSERT INTO users (name, email, role, hired_on, avatar) VALUES ?',
      people.map(({ name, email, role, hired }) => [name, email, role, hired, avatar(random)]),
    );
    const projectIds = await insertAll(
      connection,
      'INSERT INTO projects (name, settings) VALUES ?',
      projects.map(({ name, ...settings }) => [
        name,
        JSON.stringify({ ...settings, tags: ['équipe', '⏱️'] }),
      ]),
    );
    let waiting = [];
    const flush = async () => {
      const statement = 'INSERT INTO timesheets (user_id, project_id, day, hours, note, status) VALUES ?';
      if (waiting.length > 0) await connection.query(statement, [waiting]);
      waiting = [];
    };
    for (const timesheet of timesheetsFrom(random, rows, userIds, projectIds)) {
      if (waiting.push(timesheet) === batch) await flush();
    }
    await flush();
    await connection.commit();
    return { users: people.length, projects: projects.length, timesheets: rows };
  } finally {
    await connection.end();
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const [envFile, rows = '100000'] = process.argv.slice(2);
  if (envFile === undefined || !/^\d+$/.test(rows)) {
    console.error('Usage: node seed.mjs ENV_FILE [ROWS]');
    process.exit(2);
  }
  const added = await seedDatabase(envFile, { rows: Number(rows) });
  console.log(`Added ${added.users} users, ${added.projects} projects, ${added.timesheets} timesheets.`);
}

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../scripts/database/session/session.ts';
import type { Flavour } from '../../scripts/sql/flavour.ts';
import { temporaryFolder } from './context.ts';

/** A server and its own client, which tell what the client sends of a script. */
export interface Oracle {
  readonly flavour: Flavour;
  /** What the server received of each script, in order: as the client sends it with `--skip-comments`. */
  sentOf(scripts: readonly string[]): Promise<string[][]>;
}

/** Where an oracle is: a server that a test has started, as root. */
export interface OracleAccess {
  readonly flavour: Flavour;
  /** The path of the client. */
  readonly client: string;
  readonly socket: string;
  readonly database: string;
  readonly admin: Session;
}

let logs = 0;

/**
 * Asks the client itself. One client runs all scripts of a call, each by its `source` command: that reads a file as the
 * client reads its input, so that what a script leaves open ends with it. `--force`: what the server says to a statement
 * does not matter. The server's general log has every statement as it came.
 */
export function clientOracle(access: OracleAccess): Oracle {
  const folder = temporaryFolder('oracle');
  return {
    flavour: access.flavour,
    sentOf: async (scripts) => {
      const scriptFolder = join(folder, `${(logs += 1)}`);
      mkdirSync(scriptFolder);
      const file = (index: number): string => join(scriptFolder, `${index}.sql`);
      for (const [index, script] of scripts.entries()) writeFileSync(file(index), script);
      const input = scripts.map((_, index) => `source ${file(index)}\nDELIMITER ;\n${marker(index)};\n`);
      // MySQL's does not know `source` without it; what else it then knows, the splitter refuses.
      const options = access.flavour === 'mysql' ? ['--commands'] : [];
      const log = await logged(access, `${marker(-1)};\n${input.join('')}`, options);
      rmSync(scriptFolder, { recursive: true });
      return betweenMarkers(log, scripts);
    },
  };
}

/** Asks the client itself, as a user does: one client a script, which is all its input, up to its very end. */
export const plainOracle = (access: OracleAccess): Oracle => ({
  flavour: access.flavour,
  sentOf: async (scripts) => {
    const sent: string[][] = [];
    for (const script of scripts) {
      const log = await logged(access, script, [`--init-command=${marker(-1)}`]);
      const texts = ofClient(log).map(({ text }) => text);
      sent.push(texts.filter((text) => !greetings.includes(text)));
    }
    return sent;
  },
});

/** What the clients ask when they have connected; the second tells MySQL's whether the server knows dollar quotes. */
const greetings: readonly string[] = ['select @@version_comment limit 1', 'select $$'];

const markerStart = "SET sql_mode = DEFAULT, @old = NULL, @script = '";
const marker = (index: number): string => `${markerStart}${index}'`;

async function logged(access: OracleAccess, input: string, options: readonly string[]): Promise<Entry[]> {
  const { admin } = access;
  const [row] = await admin.rows('SELECT @@datadir AS folder');
  const log = join(String(row?.['folder']), `oracle-${(logs += 1)}.log`);
  // Without it MySQL writes only what it could parse, so that no password gets into the log by a typing error.
  if (access.flavour === 'mysql') await admin.run('SET GLOBAL log_raw = ON');
  await admin.run("SET GLOBAL log_output = 'FILE'");
  await admin.run(`SET GLOBAL general_log_file = '${log}'`);
  await admin.run('SET GLOBAL general_log = ON');
  try {
    await runClient(access, input, options);
  } finally {
    await admin.run('SET GLOBAL general_log = OFF');
  }
  const entries = entriesOf(readFileSync(log, 'utf8'));
  rmSync(log);
  return entries;
}

function runClient(access: OracleAccess, input: string, options: readonly string[]): Promise<void> {
  const login = ['--no-defaults', `--socket=${access.socket}`, '--user=root'];
  const reading = ['--force', '--skip-comments', '--default-character-set=utf8mb4'];
  return new Promise((resolve, reject) => {
    const child = spawn(access.client, [...login, ...reading, ...options, access.database], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', reject);
    // Its exit code tells of statements that failed.
    child.once('close', () => resolve());
  });
}

interface Entry {
  readonly connection: string;
  readonly text: string;
}

/** The beginning of an entry: a time (or none, where it is that of the entry before), the connection, the command. */
const entryStart =
  /^(?:\d{6} [ \d]\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+Z|\t)\t +(\d+) (Query|[A-Z][a-z]+(?: [A-Z][A-Za-z]*)?)(?:\t|$)/gm;

function entriesOf(log: string): Entry[] {
  const starts = [...log.matchAll(entryStart)];
  return starts.flatMap((start, index) => {
    const [whole, connection = '', command] = start;
    const text = log.slice(start.index + whole.length, (starts[index + 1]?.index ?? log.length + 1) - 1);
    return command === 'Query' ? [{ connection, text }] : [];
  });
}

/** The client's own entries, after its first marker. */
function ofClient(entries: readonly Entry[]): Entry[] {
  const first = entries.findIndex(({ text }) => text === marker(-1));
  const connection = entries[first]?.connection;
  return entries.slice(first + 1).filter((entry) => entry.connection === connection);
}

function betweenMarkers(entries: readonly Entry[], scripts: readonly string[]): string[][] {
  const sent: string[][] = [];
  let current: string[] = [];
  for (const entry of ofClient(entries)) {
    if (entry.text === marker(sent.length)) sent.push(current);
    if (entry.text.startsWith(markerStart)) current = [];
    else current.push(entry.text);
  }
  const next = scripts[sent.length];
  if (next !== undefined) throw new Error(`The client did not go on after ${JSON.stringify(next)}.`);
  return sent;
}

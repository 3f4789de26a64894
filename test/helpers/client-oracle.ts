import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flavour } from '../../scripts/database/flavour.ts';
import type { Session } from '../../scripts/database/session.ts';
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
      const log = await logged(access, logs, `${marker(-1)};\n${input.join('')}`);
      rmSync(scriptFolder, { recursive: true });
      return betweenMarkers(log, scripts.length);
    },
  };
}

const markerStart = "SET sql_mode = DEFAULT, @old = NULL, @script = '";
const marker = (index: number): string => `${markerStart}${index}'`;

async function logged({ admin, ...access }: OracleAccess, number: number, input: string): Promise<Entry[]> {
  const [row] = await admin.rows('SELECT @@datadir AS folder');
  const log = join(String(row?.['folder']), `oracle-${number}.log`);
  // Without it MySQL writes only what it could parse, so that no password gets into the log by a typing error.
  if (access.flavour === 'mysql') await admin.run('SET GLOBAL log_raw = ON');
  await admin.run("SET GLOBAL log_output = 'FILE'");
  await admin.run(`SET GLOBAL general_log_file = '${log}'`);
  await admin.run('SET GLOBAL general_log = ON');
  try {
    await runClient(access, input);
  } finally {
    await admin.run('SET GLOBAL general_log = OFF');
  }
  const entries = entriesOf(readFileSync(log, 'utf8'));
  rmSync(log);
  return entries;
}

function runClient(access: Omit<OracleAccess, 'admin'>, input: string): Promise<void> {
  const login = ['--no-defaults', `--socket=${access.socket}`, '--user=root'];
  const reading = ['--force', '--skip-comments', '--default-character-set=utf8mb4'];
  // MySQL's does not know `source` without it; what else it then knows, the splitter refuses.
  const commands = access.flavour === 'mysql' ? ['--commands'] : [];
  return new Promise((resolve, reject) => {
    const child = spawn(access.client, [...login, ...reading, ...commands, access.database], {
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

function betweenMarkers(entries: readonly Entry[], scripts: number): string[][] {
  const connection = entries.find(({ text }) => text === marker(-1))?.connection;
  const sent: string[][] = [];
  let current: string[] = [];
  for (const entry of entries) {
    if (entry.connection !== connection) continue;
    if (entry.text === marker(sent.length)) sent.push(current);
    if (entry.text.startsWith(markerStart)) current = [];
    else current.push(entry.text);
  }
  if (sent.length !== scripts) throw new Error(`The client stopped at script ${sent.length} of ${scripts}.`);
  return sent;
}

import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { githubCommands, sarifLog } from './cli/finding-formats.ts';
import type { VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { refused, wrongUsage } from './core/errors.ts';
import { exitCodes } from './core/exit-codes.ts';
import type { Messages } from './messages/catalogue.ts';
import { checkScript } from './migrations/checks/check.ts';
import type { Finding } from './migrations/checks/finding.ts';
import { readMigrations } from './migrations/folder.ts';
import { textWithValues } from './migrations/placeholders.ts';
import { migrationsFolder } from './migrations/scripts-folder.ts';
import { splitStatements } from './sql/splitter.ts';
import { exists, fileFailed } from './system/files.ts';
import { ownVersion } from './system/process/own-version.ts';

/** The forms that findings are printed in; the first one where none is named. */
export const checkFormats = ['text', 'json', 'sarif', 'github'] as const;
type CheckFormat = (typeof checkFormats)[number];

/**
 * `maj migrate check`: what in the scripts somebody should look at. No server is asked, and of the settings only
 * those of MIGRATIONS_, DB_NAME and DB_SQL_MODE count, as far as they are there.
 *
 * @param format what `--format` was given
 * @param files paths, or names of scripts; none: all scripts
 * @throws MajError `check-format`, `check-file` (exit code 2), and what reading and splitting scripts can throw
 */
export async function checkMigrations(
  context: Context,
  format: string | boolean | undefined,
  files: readonly string[],
): Promise<VerbResult> {
  const form = formatOf(format);
  const paths = files.length === 0 ? await allScripts(context) : await namedScripts(context, files);
  const findings: Finding[] = [];
  for (const path of paths) findings.push(...(await checkFile(context, path)));
  const version = await ownVersion();
  const isRefused = findings.some(({ severity, allowed }) => severity === 'error' && allowed === undefined);
  return {
    data: findings,
    text: (messages) => printed(form, { findings, scripts: paths.length, version }, messages),
    exitCode: isRefused ? exitCodes.refused : exitCodes.done,
  };
}

function formatOf(given: string | boolean | undefined): CheckFormat {
  const format = checkFormats.find((known) => known === (given ?? checkFormats[0]));
  if (format === undefined) throw wrongUsage('check-format', { given: String(given), choices: checkFormats });
  return format;
}

async function allScripts(context: Context): Promise<string[]> {
  return (await readMigrations(await migrationsFolder(context, { use: 'read' }), context.config)).map(
    ({ path }) => path,
  );
}

/** A file is looked for as a path, from the project folder on, then among the scripts. */
async function namedScripts(context: Context, files: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const file of files) {
    const path = resolve(context.projectDir, file);
    const script = (await exists(path)) ? path : join(await migrationsFolder(context, { use: 'read' }), file);
    if (!(await exists(script))) throw wrongUsage('check-file', { file, places: [path, script] });
    paths.push(script);
  }
  return paths;
}

async function checkFile(context: Context, path: string): Promise<Finding[]> {
  const { DB_NAME: database, DB_SQL_MODE: sqlMode } = context.config;
  const file = shownPath(context.projectDir, path);
  const text = textWithValues(await readText(path, file), context.config.MIGRATIONS_PLACEHOLDERS ?? []);
  const statements = splitStatements(text, { file, sqlMode });
  return checkScript({ file, text, statements }, { database, sqlMode });
}

/** Relative to the project where it lies within: what GitHub and SARIF want. */
function shownPath(projectDir: string, path: string): string {
  const within = relative(projectDir, path);
  return within.startsWith('..') || isAbsolute(within) ? path : within;
}

/** The text as the splitter wants it: LF line ends, no BOM. */
async function readText(path: string, file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch (error) {
    throw refused('migration-encoding', { file }, { cause: error });
  }
}

function printed(
  form: CheckFormat,
  { findings, scripts, version }: { findings: readonly Finding[]; scripts: number; version: string },
  messages: Messages,
): readonly string[] {
  const { checks, results } = messages;
  switch (form) {
    case 'text':
      return results.checks.text({ findings, scripts });
    case 'json':
      return [
        JSON.stringify(
          findings.map((finding) => withTexts(finding, messages)),
          undefined,
          2,
        ),
      ];
    case 'sarif':
      return [JSON.stringify(sarifLog(findings, checks, version), undefined, 2)];
    case 'github':
      return githubCommands(findings, checks);
  }
}

const withTexts = (finding: Finding, { checks }: Messages): unknown => ({
  ...finding,
  message: checks.sentence(finding),
  remedy: checks.findings[finding.code].remedy,
});

import { isAbsolute, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Messages } from '../messages/catalogue.ts';
import { findingCodes, severities, type Finding } from '../migrations/checks/finding.ts';
import type { Severity } from '../migrations/checks/rule.ts';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/**
 * The findings as a SARIF log, for code scanning and editors (OASIS, Static Analysis Results Interchange Format 2.1.0).
 * Findings that the script allows are there as suppressed ones, with the reason.
 *
 * @param version the version of maj
 */
export function sarifLog(findings: readonly Finding[], texts: Messages['checks'], version: string): unknown {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'maj',
            semanticVersion: version,
            rules: findingCodes.map((code) => ({
              id: code,
              shortDescription: { text: texts.findings[code].meaning },
              help: { text: texts.findings[code].remedy },
              defaultConfiguration: { level: levels[severities[code]] },
            })),
          },
        },
        // Columns count as JavaScript's strings do.
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, texts)),
      },
    ],
  };
}

function resultOf(finding: Finding, texts: Messages['checks']): unknown {
  const { code, severity, file, line, column, allowed, evidence } = finding;
  const measured = evidence === undefined ? '' : ` (${texts.evidence(evidence)})`;
  return {
    ruleId: code,
    ruleIndex: findingCodes.indexOf(code),
    level: levels[severity],
    message: { text: `${texts.sentence(finding)}${measured}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
    // An empty list says that it is not suppressed; SARIF wants one for all results or for none.
    suppressions: allowed === undefined ? [] : [{ kind: 'inSource', justification: allowed }],
  };
}

/** A path within the project as a relative reference, any other one as a `file:` address. */
function uriOf(file: string): string {
  return isAbsolute(file) ? pathToFileURL(file).href : file.split(sep).map(encodeURIComponent).join('/');
}

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Record<
  Severity,
  string
>;

/**
 * The findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request; findings that
 * the script allows are left out.
 */
export function githubCommands(findings: readonly Finding[], texts: Messages['checks']): string[] {
  return findings
    .filter(({ allowed }) => allowed === undefined)
    .map((finding) => {
      const { code, severity, file, line, column, evidence } = finding;
      const properties = { file, line: String(line), col: String(column), title: code };
      const measured = evidence === undefined ? [] : [texts.evidence(evidence)];
      const message = [texts.sentence(finding), ...measured, texts.findings[code].remedy].join('\n');
      return githubCommand(commands[severity], properties, message);
    });
}

/** A workflow command of GitHub Actions that makes an annotation. */
export function githubCommand(
  command: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string>>,
  message: string,
): string {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${propertyText(value)}`);
  return `::${command} ${list.join(',')}::${messageText(message)}`;
}

/** What ends a command or a line has to be escaped, `%` first (actions/toolkit, command.ts). */
const messageText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** In a property, what separates properties, too. */
const propertyText = (text: string): string =>
  messageText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

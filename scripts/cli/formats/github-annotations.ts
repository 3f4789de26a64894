import type { Messages } from '../../messages/catalogue.ts';
import type { Finding, Severity } from '../../migrations/checks/finding.ts';

const commands: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

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
      const list = Object.entries(properties).map(([name, value]) => `${name}=${propertyText(value)}`);
      const measured = evidence === undefined ? [] : [texts.evidence(evidence)];
      const message = [texts.sentence(finding), ...measured, texts.findings[code].remedy].join('\n');
      return `::${commands[severity]} ${list.join(',')}::${messageText(message)}`;
    });
}

/** What ends a command or a line has to be escaped, `%` first (actions/toolkit, command.ts). */
const messageText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** In a property, what separates properties, too. */
const propertyText = (text: string): string =>
  messageText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

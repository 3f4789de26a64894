import type { HealthProblem } from '../../application/health.ts';
import { bytes, duration } from '../../core/format.ts';
import type { AtWork } from '../../database/other-connections.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';
import { accountText } from './database.ts';

/** What was wrong with the last answer of the health page. */
function healthText(problem: HealthProblem): string {
  switch (problem.kind) {
    case 'no-answer':
      return `no answer (${problem.reason})`;
    case 'status':
      return `status ${problem.status}${problem.location === undefined ? '' : `, which sends on to ${problem.location}`}${quoted(problem.body)}`;
    case 'text':
      return `“${problem.expected}” is not in the page${quoted(problem.body)}`;
  }
}

const quoted = (body: string): string => (body.trim() === '' ? '' : `: ${body.trim()}`);

const workerText = ({ id, account, does, seconds }: AtWork): string =>
  `connection ${id} of ${account} (${does === 'statement' ? 'runs a statement' : 'has an open transaction'}, ${seconds} s)`;

/** What application/ says, in English. */
export const application = {
  errors: {
    'maintenance-unmanaged': () => ({
      message: 'maj does not know how to turn maintenance on and off.',
      hint: 'Set MAINTENANCE_FILE to the file that turns it on. Or set MAINTENANCE_ON, MAINTENANCE_OFF and MAINTENANCE_STATUS to commands.',
    }),
    'maintenance-unclear': (facts) => ({
      message:
        facts.missing.length === 0
          ? `Maintenance is set in two ways: ${facts.given.join(', ')}.`
          : `Maintenance is set only in part: ${facts.missing.join(', ')} ${facts.missing.length === 1 ? 'is' : 'are'} missing.`,
      hint: 'Set MAINTENANCE_FILE alone, or MAINTENANCE_ON, MAINTENANCE_OFF and MAINTENANCE_STATUS together.',
    }),
    'maintenance-file-outside': (facts) => ({
      message: `MAINTENANCE_FILE is “${facts.path}”, which is not a file inside the application.`,
      hint: 'Give its path relative to APP_DIR, such as maintenance.flag.',
    }),
    'flag-behind-link': (facts) => ({
      message: `The path of the maintenance flag ${facts.flag} goes through the link ${facts.link} to ${facts.target}. Another user may have made that link, so maj did not write the flag.`,
      hint: 'Set MAINTENANCE_FILE to a path without links, or replace the link by a real folder.',
    }),
    'maintenance-failed': (facts) => ({
      message: `The maintenance command \`${facts.command}\` failed: ${facts.output}`,
      hint: 'Run it by hand in APP_DIR, as the user whom `maj status` names for commands, to see why.',
    }),
    'maintenance-not-so': (facts) => ({
      message: `\`${facts.command}\` ran, but \`${facts.status}\` does not say that maintenance is ${facts.wanted}.`,
      hint: 'MAINTENANCE_STATUS must exit with 0 while maintenance is on, and with something else while it is off.',
    }),
    'user-unknown': (facts) => ({
      message: `APP_USER is “${facts.user}”, and this machine has no such user.`,
      hint: 'Set it to the user that the web server or PHP-FPM runs the application as (ps -eo user,comm).',
    }),
    'commands-as-root': (facts) => ({
      message: `APP_USER is “${facts.user}”, but the application belongs to ${facts.owner}: its commands would run as root, and whoever can write to it would become root.`,
      hint: 'Set APP_USER to the user that the web server runs the application as, or give the application to root.',
    }),
    'setpriv-missing': (facts) => ({
      message: `The program setpriv of the package util-linux was not found. maj needs it to run what belongs to ${facts.user} as ${facts.user}.`,
      hint: 'Install util-linux (apt install util-linux, apk add setpriv), or run maj as that user.',
    }),
    'services-unclear': (facts) => ({
      message: `${facts.given} is set, and ${facts.missing} is not.`,
      hint: 'Set APP_STOP_COMMAND and APP_START_COMMAND together; for systemd units APP_SERVICES alone is enough.',
    }),
    'systemctl-missing': () => ({
      message: 'APP_SERVICES names systemd units, and the program systemctl was not found.',
      hint: 'Where systemd does not run here, set APP_STOP_COMMAND and APP_START_COMMAND instead.',
    }),
    'systemctl-failed': (facts) => ({
      message: `systemctl does not tell of the unit ${facts.unit} in APP_SERVICES: ${facts.output}`,
      hint: 'Run `systemctl status` to see why. Where systemd does not run here, as in most containers, set APP_STOP_COMMAND and APP_START_COMMAND instead.',
    }),
    'units-unknown': (facts) => ({
      message: `systemd knows no unit ${facts.units.join(', ')}, which APP_SERVICES names.`,
      hint: '`systemctl list-unit-files` lists them. A timer and the service that it starts are two units.',
    }),
    'service-failed': (facts) => ({
      message: `${facts.setting} failed (\`${facts.command}\`): ${facts.output}`,
      hint:
        facts.setting === 'APP_SERVICES'
          ? 'To see why, run it by hand as the user that runs maj. Usually only root may stop and start units.'
          : 'To see why, run it by hand in APP_DIR, as the user that `maj status` names for commands. The command must also succeed when there is nothing left to do. If only root may run it, name the systemd units in APP_SERVICES instead.',
    }),
    'accounts-not-lockable': ({ account, missing, readable }) => ({
      message: `APP_DB_ACCOUNTS is set, but ${account} may not lock those accounts: it needs ${[...missing, `SELECT on ${readable}`].join(', ')}.`,
      hint: `As an administrator of the server: ${missing.length === 0 ? '' : `GRANT ${missing.join(', ')} ON *.* TO ${accountText(account)}; `}GRANT SELECT ON ${readable} TO ${accountText(account)}; or leave APP_DB_ACCOUNTS out.`,
    }),
    'accounts-unknown': ({ names }) => ({
      message: `The database server has no account named ${names.join(', ')}, which APP_DB_ACCOUNTS names.`,
      hint: 'Set it to the names that the application connects as, without a host: SELECT User, Host FROM mysql.user lists them.',
    }),
    'accounts-include-own': ({ name }) => ({
      message: `APP_DB_ACCOUNTS names ${name}, and maj connects as ${name} too: it would lock itself out.`,
      hint: 'Give maj an account of its own (DB_USER), or leave APP_DB_ACCOUNTS out.',
    }),
    'not-installed': (facts) => ({
      message: `No application is installed in ${facts.path}.`,
      hint: 'Check APP_DIR and APP_LAYOUT. To install a first release there: maj apply VERSION.',
    }),
    'health-failed': (facts) => ({
      message: `${facts.url} is not healthy (asked ${facts.attempts} times in ${duration(facts.timeoutMs)}): ${healthText(facts.problem)}`,
      hint: 'Open the page and look into the logs of the application. It must answer during maintenance too; APP_HEALTH_TIMEOUT is how long it may take.',
    }),
    'smoke-failed': (facts) => ({
      message: `The smoke test \`${facts.command}\` failed: ${facts.output}`,
      hint: 'Its own words above say why. APP_COMMAND_TIMEOUT is how long it may take.',
    }),
    'hook-failed': (facts) => ({
      message: `${facts.setting} failed in ${facts.cwd} (\`${facts.command}\`): ${facts.output}`,
      hint: 'Its own words above say why; run it by hand there as the user whom `maj status` names for commands. APP_COMMAND_TIMEOUT is how long it may take.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'install-dependencies': (facts) => `Install dependencies: ${facts.command}`,
    'clear-cache': (facts) => `Clear the cache: ${facts.command}`,
    'stop-service': (facts) => `Stop services: ${facts.command}`,
    'start-service': (facts) => `Start services: ${facts.command}`,
    'lock-accounts': ({ names }) =>
      `Lock the database accounts ${names.join(', ')}, and end their connections`,
    'unlock-accounts': ({ names }) => `Unlock the database accounts ${names.join(', ')}`,
    'drain-connections': (facts) => `Wait for what still runs in ${facts.database}`,
    'run-smoke': (facts) => `Run the smoke test: ${facts.command}`,
    'check-health': (facts) => `Wait for ${facts.url}`,
  } satisfies Partial<StepTexts>,
  notes: {
    'cache-not-cleared': (facts) =>
      `Files and database are back, but the cache could not be cleared, and may hold things of the new version: ${facts.reason}`,
    'not-drained': (facts) =>
      `Maintenance is on, but after ${duration(facts.waitedMs)} (MAINTENANCE_DRAIN) these still work in ${facts.database}: ${facts.connections.map(workerText).join('; ')}. A roll-back loses what they write after the last backup.`,
    'drain-blind': (facts) =>
      `${facts.account} has no PROCESS privilege. So maj cannot see open transactions or connections of other accounts, and does not wait for them.`,
    'health-not-set': () => 'APP_HEALTH_URL is not set: nothing tells whether the application works.',
    'health-weak': () =>
      'APP_HEALTH_TEXT is not set: only the status of the health page counts, and an error page with status 200 would pass.',
    'log-not-learned': (facts) =>
      `maj did not read ${bytes(facts.unreadBytes)} of what was added to ${facts.log}: it is too much. If the old version logged an error only in that part, and the new version logs it again, it counts as a new error.`,
    'log-not-read': (facts) =>
      `maj did not search ${bytes(facts.unreadBytes)} of what was added to ${facts.log} for new errors: it is too much. Look there yourself.`,
    'maintenance-not-managed': () =>
      'Neither MAINTENANCE_FILE nor the maintenance commands are set: users are not kept out.',
    'maintenance-is-off': () => 'Maintenance is off: users meet the application while it is switched.',
  } satisfies Partial<NoteTexts>,
  results: {
    maintenance: (facts: { state: 'on' | 'off' | 'unmanaged' }): readonly string[] => [
      facts.state === 'unmanaged'
        ? 'maj does not know how to turn maintenance on and off: neither MAINTENANCE_FILE nor the three commands are set.'
        : `Maintenance is ${facts.state}.`,
    ],
    healthy: (facts: {
      version: string | null;
      url: string | undefined;
      smoke: boolean;
    }): readonly string[] => [
      `Version ${facts.version ?? 'unknown'}${facts.url === undefined ? '' : ` answers at ${facts.url}`}${facts.smoke ? ', and passes its smoke test' : ''}.`,
    ],
  },
};

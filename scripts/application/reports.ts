/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { AtWork } from '../database/other-connections.ts';
import type { HealthProblem } from './health.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'maintenance-unmanaged': Failure<'usage'>;
    'flag-behind-link': Failure<'refused', { flag: string; link: string; target: string }>;
    'maintenance-failed': Failure<'refused', { command: string; output: string }>;
    'maintenance-not-so': Failure<'refused', { command: string; status: string; wanted: string }>;
    'user-unknown': Failure<'usage', { user: string }>;
    'commands-as-root': Failure<'usage', { user: string; owner: string }>;
    'services-unclear': Failure<'usage', { given: string; missing: string }>;
    'systemctl-missing': Failure<'usage'>;
    'systemctl-failed': Failure<'usage', { unit: string; output: string }>;
    'units-unknown': Failure<'usage', { units: readonly string[] }>;
    'service-failed': Failure<'refused', { setting: string; command: string; output: string }>;
    'accounts-not-lockable': Failure<
      'usage',
      { account: string; missing: readonly string[]; readable: string }
    >;
    'accounts-unknown': Failure<'usage', { names: readonly string[] }>;
    'accounts-include-own': Failure<'usage', { name: string }>;
    'health-failed': Failure<
      'refused',
      {
        url: string;
        attempts: number;
        timeoutMs: number;
        problem: HealthProblem;
      }
    >;
    'smoke-failed': Failure<'refused', { command: string; output: string }>;
    'hook-failed': Failure<'refused', { setting: string; command: string; cwd: string; output: string }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'install-dependencies': { command: string };
    'clear-cache': { command: string };
    'stop-service': { command: string };
    'start-service': { command: string };
    'lock-accounts': { names: readonly string[] };
    'unlock-accounts': { names: readonly string[] };
    'drain-connections': { database: string };
    'run-smoke': { command: string };
    'check-health': { url: string };
  }

  interface Notes {
    'cache-not-cleared': { reason: string };
    'not-drained': { database: string; waitedMs: number; connections: readonly AtWork[] };
    'drain-blind': { account: string };
    'health-not-set': NoFacts;
    'health-weak': NoFacts;
    'log-not-learned': { log: string; unreadBytes: number };
    'log-not-read': { log: string; unreadBytes: number };
    'maintenance-unmanaged': { stopped: readonly string[] };
  }
}

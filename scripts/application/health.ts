import type { Config } from '../config/settings.ts';
import { inStep, warn, type Context } from '../context.ts';
import { refused } from '../errors.ts';
import { getPage, NoAnswer, type Answer } from '../system/http.ts';
import { shownUrl, withoutQuery } from '../system/shown-url.ts';
import { normalVersion } from '../system/versions.ts';
import { asksForVersion, holdsText, textOf, type HealthText } from './health-text.ts';
import { insist } from './insist.ts';
import { versionForms, writtenVersion } from './version.ts';

/** How an application answered in the end. */
export interface HealthReport {
  /** As it is shown: some applications take a token in its query. */
  readonly url: string;
  readonly attempts: number;
  /** Whether only the status was looked at: an error page with status 200 would pass. */
  readonly weak: boolean;
}

/** How much the settings make the health check tell. */
export type HealthStrength = 'not-set' | 'weak' | 'no-version' | 'whole';

/** How much the health check tells: pure. */
export function healthStrength({
  APP_HEALTH_URL: url,
  APP_HEALTH_TEXT: text,
}: Pick<Config, 'APP_HEALTH_URL' | 'APP_HEALTH_TEXT'>): HealthStrength {
  if (url === undefined) return 'not-set';
  if (text === undefined) return 'weak';
  return asksForVersion(text) ? 'whole' : 'no-version';
}

/** What is asked of the health page. */
export interface HealthOptions {
  /** The version that `{version}` in APP_HEALTH_TEXT stands for; the installed one by default. */
  readonly version?: string;
  /** How long to go on asking, in milliseconds; APP_HEALTH_TIMEOUT by default. */
  readonly timeoutMs?: number;
  /** What the settings leave open was said before, in the same run. */
  readonly warned?: boolean;
}

/**
 * Waits until the application is healthy: APP_HEALTH_URL answers 2xx with APP_HEALTH_TEXT in the body. The page must
 * answer during maintenance too, for it is asked before users are let in again. A signal does not cut it short: the
 * way back after an interruption ends with this check as well. Requests that hang are not waited for alone, see `insist`.
 *
 * @returns undefined when no health page is set; that is a warning
 * @throws MajError `health-failed` with the last answer once the time is over
 */
export async function checkHealth(
  context: Context,
  options: HealthOptions = {},
): Promise<HealthReport | undefined> {
  const url = context.config.APP_HEALTH_URL;
  const tell = (name: 'health-not-set' | 'health-weak'): void => {
    if (options.warned !== true) warn(context, name, {});
  };
  if (url === undefined) {
    tell('health-not-set');
    return undefined;
  }
  const expected = await expectedTexts(context, options.version);
  if (expected === undefined) tell('health-weak');
  const timeoutMs = options.timeoutMs ?? context.config.APP_HEALTH_TIMEOUT;
  const shown = { url: shownUrl(url) };
  return inStep(context, 'check-health', shown, async () => {
    const { attempts, problem } = await insist(context.clock, timeoutMs, (ms, signal) =>
      ask(url, expected, ms, signal),
    );
    if (problem !== undefined) throw refused('health-failed', { ...shown, attempts, timeoutMs, problem });
    return { ...shown, attempts, weak: expected === undefined };
  });
}

/** The texts of which one has to be there: an application may print `v1.1.0` for 1.1.0, as its version file has it. */
async function expectedTexts(
  context: Context,
  version: string | undefined,
): Promise<readonly HealthText[] | undefined> {
  const { APP_HEALTH_TEXT: template, APP_DIR } = context.config;
  if (template === undefined) return undefined;
  if (!asksForVersion(template)) return [{ template, version: '' }];
  const written = APP_DIR === undefined ? null : await writtenVersion(context);
  const forms = versionForms(version ?? normalVersion(written ?? ''), written);
  return forms.map((form) => ({ template, version: form }));
}

/** Why an answer does not show a healthy application. */
export type HealthProblem =
  | { readonly kind: 'no-answer'; readonly reason: string }
  | { readonly kind: 'status'; readonly status: number; readonly body: string; readonly location?: string }
  | { readonly kind: 'text'; readonly expected: string; readonly body: string };

async function ask(
  url: string,
  expected: readonly HealthText[] | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HealthProblem | undefined> {
  try {
    const answer = await getPage(url, timeoutMs, { signal });
    const problems = (expected ?? [undefined]).map((text) => judge(answer, text));
    return problems.includes(undefined) ? undefined : problems[0];
  } catch (error) {
    if (error instanceof NoAnswer) return { kind: 'no-answer', reason: error.message };
    throw error;
  }
}

/** What is wrong with an answer; undefined when nothing is: pure. */
export function judge(answer: Answer, expected: HealthText | undefined): HealthProblem | undefined {
  const body = answer.body.slice(0, 200);
  if (answer.status < 200 || answer.status > 299) {
    const location = answer.location === undefined ? {} : { location: withoutQuery(answer.location) };
    return { kind: 'status', status: answer.status, body, ...location };
  }
  if (expected !== undefined && !holdsText(answer.body, expected))
    return { kind: 'text', expected: textOf(expected), body };
  return undefined;
}

import { maskSecrets } from '../config/mask-secrets.ts';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import { inStep, warn, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { normalVersion, numbersOf } from '../core/versions.ts';
import { getPage, type Answer, NoAnswer } from '../net/get-page.ts';
import { placesOf, requireInstalled } from '../release/places.ts';
import { installedVersion, versionForms, writtenVersion } from '../release/version.ts';
import { escaped } from '../system/regular-expression.ts';
import { shownUrl, withoutQuery } from '../system/urls.ts';
import { checkCommandUser, outputTail, runCommand } from './commands.ts';

/** How an application answered in the end. */
interface HealthReport {
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
interface HealthOptions {
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
      ask(context, url, expected, ms, signal),
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
  { config }: Pick<Context, 'config'>,
  url: string,
  expected: readonly HealthText[] | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HealthProblem | undefined> {
  try {
    const answer = await getPage(url, timeoutMs, { signal });
    const texts = expected ?? [undefined];
    if (texts.some((text) => judge(answer, text) === undefined)) return undefined;
    return judge({ ...answer, body: maskSecrets(config, answer.body) }, texts[0]);
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

const pauseMs = 500;
/** The shortest time that a request is given, however little is left. */
const leastMs = 1000;

/**
 * Asks again and again until an answer is good or the time is over. A request that has no answer after a third of the
 * time is not given up: it may be of a page that is slow, and may answer until the end. But it is not waited for
 * alone either, for it may hang in a service that answers the next one: so another is asked beside it.
 *
 * @param ask given the time that a request may take, in milliseconds, and a signal that aborts once nobody waits for it
 *   any more; resolves to what is wrong with the answer, or undefined when it is good
 * @returns what was wrong with the answer to the last request; undefined when one was good
 */
async function insist<P>(
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
  timeoutMs: number,
  ask: (timeoutMs: number, signal: AbortSignal) => Promise<P | undefined>,
): Promise<{ readonly attempts: number; readonly problem: P | undefined }> {
  const end = clock.monotonicMs() + timeoutMs;
  const patienceMs = Math.max(leastMs, timeoutMs / 3);
  const over = new AbortController();
  const open = new Set<Promise<P | undefined>>();
  try {
    for (let attempts = 1; ; attempts += 1) {
      const leftMs = end - clock.monotonicMs();
      const asked = ask(Math.max(leastMs, leftMs), over.signal);
      open.add(asked);
      const answer = await firstOf(clock, asked, open, leftMs > patienceMs ? patienceMs : undefined);
      if (answer === 'none') continue;
      if (answer.problem === undefined) return { attempts, problem: undefined };
      open.delete(asked);
      if (clock.monotonicMs() + pauseMs >= end) {
        const late = await Promise.all(open);
        return { attempts, problem: late.includes(undefined) ? undefined : answer.problem };
      }
      await clock.sleep(pauseMs);
    }
  } finally {
    over.abort();
  }
}

/** The answer to a request, or a good one to any that is still open; `none` when it takes longer. */
async function firstOf<P>(
  clock: Pick<Clock, 'sleep'>,
  asked: Promise<P | undefined>,
  open: ReadonlySet<Promise<P | undefined>>,
  patienceMs: number | undefined,
): Promise<{ readonly problem: P | undefined } | 'none'> {
  const answered = new AbortController();
  const good = new Promise<{ problem: undefined }>((resolve, reject) => {
    for (const one of open)
      one.then((problem) => {
        if (problem === undefined) resolve({ problem: undefined });
      }, reject);
  });
  const answer = asked.then((problem) => ({ problem }));
  const patience =
    patienceMs === undefined ? [] : [clock.sleep(patienceMs, answered.signal).then((): 'none' => 'none')];
  try {
    return await Promise.race([good, answer, ...patience]);
  } finally {
    answered.abort();
  }
}

/** What a health page has to say: APP_HEALTH_TEXT, and what `{version}` in it stands for. */
interface HealthText {
  readonly template: string;
  /** Empty where the version is not known. */
  readonly version: string;
}

/** What stands for the version, or for one of its numbers; a number is that of the version as it is written. */
const placeholder = /\{(version|major|minor|patch)\}/g;

/** Whether a text asks for the version. */
const asksForVersion = (template: string): boolean => template.search(placeholder) >= 0;

/** The text as it is expected in the page. */
const textOf = ({ template, version }: HealthText): string =>
  template.replaceAll(placeholder, (_, name: string) => valueOf(name, version));

function valueOf(name: string, version: string): string {
  if (name === 'version') return version;
  return numbersOf(version)?.[['major', 'minor', 'patch'].indexOf(name)] ?? '';
}

const inVersion = '[0-9A-Za-z+-]';
// A full stop may end a sentence; within a version something follows it.
const wholeVersion = {
  begins: `(?:(?<!${inVersion}|${inVersion}\\.)|(?<=(?<!${inVersion})[vV]))`,
  ends: `(?!\\.?${inVersion})`,
};
// Of one that has only some of its numbers in the text, the others may follow.
const wholeNumber = { begins: '(?<![0-9]|[0-9]\\.)', ends: '(?![0-9])' };

/**
 * Whether a page holds the text. The version in it has to be the whole one: `1.1.1` is not in `1.1.10`, nor in
 * `1.1.1-rc.1`, but it is in `v1.1.1` and before a full stop. A number, too: `{major}.{minor}` of 6.4.1 is in `6.4.1` and
 * `6.4`, not in `6.40` or `1.6.4`. What the text itself has beside them counts as the user's word, not as a part of the
 * version. Pure.
 */
function holdsText(body: string, expected: HealthText): boolean {
  const { template, version } = expected;
  if (version === '' || !asksForVersion(template)) return body.includes(textOf(expected));
  // Texts and names by turns.
  const parts = template.split(placeholder);
  const pieces = parts.map((part, index) => {
    if (index % 2 === 0) return escaped(part);
    const { begins, ends } = part === 'version' ? wholeVersion : wholeNumber;
    // A number on the other side of the text counts as one, as in `{major}.{minor}`.
    const before = `${index > 1 ? '0' : ''}${parts[index - 1] ?? ''}`;
    const after = `${parts[index + 1] ?? ''}${index + 2 < parts.length ? '0' : ''}`;
    return [
      new RegExp(`${inVersion}\\.?$`).test(before) ? '' : begins,
      escaped(valueOf(part, version)),
      new RegExp(`^\\.?${inVersion}`).test(after) ? '' : ends,
    ].join('');
  });
  return new RegExp(pieces.join('')).test(body);
}

/** How the installed application is: for `maj verify app`. */
interface ApplicationReport {
  readonly version: string | null;
  readonly health: HealthReport | undefined;
  /** Whether a smoke test is set, and passed. */
  readonly smoke: boolean;
}

/**
 * Checks that the installed application is well: its health page, then its smoke test.
 *
 * @throws MajError `not-installed`, `health-failed`, `smoke-failed`
 */
export async function checkApplication(context: Context): Promise<ApplicationReport> {
  await requireInstalled(context);
  await checkCommandUser(context);
  const version = await installedVersion(context);
  const health = await checkHealth(context);
  return { version, health, smoke: await runSmoke(context) };
}

/**
 * Runs APP_SMOKE_COMMAND in the live tree.
 *
 * @returns whether there was a command
 * @throws MajError `smoke-failed` when it does not exit with 0
 */
export async function runSmoke(context: Context): Promise<boolean> {
  const command = context.config.APP_SMOKE_COMMAND;
  if (command === undefined) return false;
  const { live, entry } = await placesOf(context);
  await inStep(context, 'run-smoke', { command }, async () => {
    const exit = await runCommand(context, command, { cwd: live ?? entry });
    if (exit.code !== 0 || exit.ended !== undefined)
      throw refused('smoke-failed', { command, output: outputTail(exit) });
  });
  return true;
}

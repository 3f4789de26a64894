import { printable } from '../../scripts/core/format.ts';
import type { PageView } from './page.ts';

/** The demonstration did not show what it is there to show. */
export class DemoFailed extends Error {}

/** Prints a line of the demonstration. */
export function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** Says that something was observed that the demonstration is there to show, or fails. */
export function observe(what: string, holds: boolean, seen: string): void {
  if (!holds) throw new DemoFailed(`The demonstration expected ${what}, but saw: ${seen}`);
  say(`seen: ${what}`);
}

/** `200 1.0.0, 503, 200 1.1.0`: what a visitor saw, in order. */
export const viewsText = (views: readonly PageView[]): string =>
  views
    .map(({ status, version }) => (version === undefined ? String(status) : `${status} ${version}`))
    .join(', ');

/** Whether a visitor saw the page of one version, then maintenance, then the page of another version. */
export function sawWindow(views: readonly PageView[], before: string, after: string): boolean {
  const first = views[0];
  const last = views.at(-1);
  return (
    first?.status === 200 &&
    first.version === before &&
    views.some(({ status }) => status === 503) &&
    last?.status === 200 &&
    last.version === after &&
    views.every(({ status }) => status === 200 || status === 503)
  );
}

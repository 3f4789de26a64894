import { expect, it } from 'vitest';
import { judge } from '../../../scripts/application/health.ts';
import type { Answer } from '../../../scripts/system/http.ts';

it.each<[string, Partial<Answer>, string | undefined, string | undefined]>([
  ['a page with the text', { status: 200, body: 'ok 1.1.0' }, 'ok 1.1.0', undefined],
  ['204 when no text is asked for', { status: 204 }, undefined, undefined],
  ['an error page with status 200', { status: 200, body: 'Database error' }, 'ok', 'text'],
  ['the text of another version', { status: 200, body: 'ok 1.0.0' }, 'ok 1.1.0', 'text'],
  ['maintenance', { status: 503, body: 'ok' }, 'ok', 'status'],
  ['a way to the login page', { status: 302, location: '/login' }, undefined, 'status'],
])('%s is judged', (_, answer, expected, problem) => {
  expect(judge({ status: 200, body: '', location: undefined, ...answer }, expected)?.kind).toBe(problem);
});

import { hasBlock, withBlock } from './block.ts';

/**
 * The settings of lefthook, with the gate. Its commands are found by their indentation, so that every other line stays as it
 * is; undefined where they are written in another way, or leave pushes through where lefthook is missing. Pure.
 *
 * @param before undefined: there is no file
 * @param command what judges a push; it needs git's lines
 */
export function withLefthook(before: string, command: string): string | undefined {
  if (hasBlock(before)) return before;
  const [, asserted] = /^["']?assert_lefthook_installed["']?\s*:\s*(\S*)/m.exec(before) ?? [];
  if (asserted !== undefined && asserted !== 'true') return undefined;
  const gated = withCommand(before, command);
  return gated === undefined || asserted !== undefined ? gated : withBlock(gated, assertion);
}

/** Where lefthook finds no program of its own (no `node_modules`), its hook says so and lets every push through without this. */
const assertion = ['assert_lefthook_installed: true'];

function withCommand(before: string, command: string): string | undefined {
  const lines = before.split('\n');
  const hook = lines.findIndex((line) => /^pre-push:\s*(?:#.*)?$/.test(line));
  if (hook < 0)
    return /^(?:["']?pre-push["']?\s*:|---|\{)/m.test(before)
      ? undefined
      : withBlock(before, [
          'pre-push:',
          '  commands:',
          ...commandLines(command).map((line) => `    ${line}`),
        ]);
  const next = lines.findIndex((line, at) => at > hook && /^[^\s#]/.test(line));
  const end = next < 0 ? lines.length : next;
  const list = lines.findIndex(
    (line, at) => at > hook && at < end && /^\s+(?:commands|jobs):\s*(?:#.*)?$/.test(line),
  );
  if (list < 0) return undefined;
  const first = lines.slice(list + 1, end).find((line) => /^\s*[^\s#]/.test(line));
  const [, indent = '', item = ''] = /^(\s*)(- )?/.exec(first ?? '') ?? [];
  if (first === undefined || (indent === '' && item === '')) return undefined;
  const isJobs = item !== '';
  const added = isJobs ? ['- name: maj-gate', ...commandLines(command).slice(1)] : commandLines(command);
  return withBlock(before, added, list + 1, indent);
}

const commandLines = (command: string): readonly string[] => [
  'maj-gate:',
  `  run: ${command}`,
  '  use_stdin: true',
];

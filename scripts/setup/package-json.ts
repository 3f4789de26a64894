import * as v from 'valibot';

const texts = v.optional(v.record(v.string(), v.unknown()));

/** What of a package.json says how a project is made; the rest of it is kept as it is. */
export const packageSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    packageManager: v.optional(v.string()),
    scripts: v.optional(v.record(v.string(), v.string())),
    dependencies: texts,
    devDependencies: texts,
    'simple-git-hooks': texts,
  }),
);

type PackageJson = v.InferOutput<typeof packageSchema>;

/** The scripts that a project gets: each calls the verb of its name. */
const scriptNames = ['upgrade', 'restore', 'rehearse', 'backup', 'verify', 'migrate', 'status'];

/** What sets git up in every clone; not where packages of production alone are installed, which lack maj. */
const setHook = 'maj init --hook || true';
const appended = ` && (${setHook})`;

/** Where npm, pnpm and Yarn 1 call `prepare` after an installation, Yarn 2 and later only call this. */
const hookScript = (isBerry: boolean): string => (isBerry ? 'postinstall' : 'prepare');

/**
 * A package.json with our scripts; a name that is taken gets a prefix. Pure.
 *
 * @param isBerry Yarn 2 or later
 */
export function withScripts(text: string, isBerry: boolean): string {
  return edited(text, (json) => {
    const scripts = { ...json.scripts };
    for (const verb of scriptNames) {
      const name = [verb, `maj:${verb}`].find((free) => [undefined, `maj ${verb}`].includes(scripts[free]));
      if (name !== undefined) scripts[name] = `maj ${verb}`;
    }
    const hook = hookScript(isBerry);
    const before = scripts[hook];
    if (before === undefined) scripts[hook] = setHook;
    else if (!before.includes(setHook)) scripts[hook] = `${before}${appended}`;
    return { ...json, scripts };
  });
}

/** The same without them. Pure. */
export function withoutScripts(text: string): string {
  return edited(text, ({ scripts = {}, ...json }) => {
    const kept = Object.entries(scripts).flatMap(([name, command]) => {
      const verb = name.replace(/^maj:/, '');
      if (command === setHook || (scriptNames.includes(verb) && command === `maj ${verb}`)) return [];
      return [[name, command.replace(appended, '')] as const];
    });
    return kept.length === 0 ? json : { ...json, scripts: Object.fromEntries(kept) };
  });
}

/**
 * The settings of simple-git-hooks in package.json, with the gate before whatever a push starts already. Pure.
 *
 * @param command what judges a push; it needs git's lines
 */
export const withSimpleHook = (text: string, command: string): string =>
  edited(text, (json) => {
    const hooks = json['simple-git-hooks'] ?? {};
    const before = hooks['pre-push'];
    if (typeof before === 'string' && before.includes(command)) return json;
    const after = typeof before === 'string' ? `${handOn(command)}(${before})` : command;
    return { ...json, 'simple-git-hooks': { ...hooks, 'pre-push': after } };
  });

/** The same without it. Pure. */
export const withoutSimpleHook = (text: string, command: string): string =>
  edited(text, (json) => {
    const { 'pre-push': before, ...others } = json['simple-git-hooks'] ?? {};
    if (before === command) return { ...json, 'simple-git-hooks': others };
    const head = `${handOn(command)}(`;
    if (typeof before !== 'string' || !before.startsWith(head)) return json;
    return { ...json, 'simple-git-hooks': { ...others, 'pre-push': before.slice(head.length, -1) } };
  });

const handOn = (command: string): string =>
  `maj_lines=$(cat); printf '%s\\n' "$maj_lines" | ${command} || exit 1; printf '%s\\n' "$maj_lines" | `;

/** Changes JSON, and nothing of its order, its indentation and its last line end; what is alike stays as it was written. */
function edited(text: string, change: (json: PackageJson) => object): string {
  const before = v.parse(packageSchema, text);
  const after: Readonly<Record<string, unknown>> = { ...change(before) };
  if (JSON.stringify(after) === JSON.stringify(before)) return text;
  // valibot puts the names that its schema knows first.
  const order = Object.keys(v.parse(anyObject, text));
  const names = [...order.filter((name) => name in after), ...Object.keys(after)];
  const [, indent = ''] = /^\{\r?\n([ \t]+)"/.exec(text) ?? [];
  const [last = ''] = /\s*$/.exec(text) ?? [];
  const ordered = Object.fromEntries(names.map((name) => [name, after[name]]));
  return `${JSON.stringify(ordered, null, indent)}${last}`;
}

const anyObject = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

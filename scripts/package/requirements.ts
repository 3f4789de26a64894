import semver from 'semver';
import * as v from 'valibot';
import { nearestName } from '../config/nearest-name.ts';
import { compareVersions, isVersion, normalVersion, parseVersion } from '../core/versions.ts';
import { flavours, traits, type Flavour } from '../sql/flavour.ts';
import type { ServerVersion } from '../sql/server-version.ts';

/** The file at the top of a package that says what it needs. */
export const requirementsFile = 'maj.json';

const range = v.pipe(v.string(), v.check(isRange, 'a range of versions such as ">=8.2 <9"'));
const version = v.pipe(v.string(), v.check(isVersion, 'a version such as "1.2.0"'));
const leastServer = v.pipe(v.string(), v.regex(/^\d+(\.\d+){0,2}$/, 'a version such as "10.6"'));

const serverKeys = {
  mysql: v.optional(leastServer),
  mariadb: v.optional(leastServer),
} satisfies Record<Flavour, unknown>;
const keys = {
  /** The oldest maj that can install it. */
  maj: v.optional(version),
  /** The versions that it can be installed over. */
  from: v.optional(range),
  php: v.optional(range),
  phpExtensions: v.optional(v.array(v.string())),
  node: v.optional(range),
  /** The flavours that it runs on, with the oldest version of each; one that is not named is not supported. */
  servers: v.optional(v.object(serverKeys)),
};
const schema = v.object(keys);

/** What a package needs. */
export type Requirements = v.InferOutput<typeof schema>;

/** Something wrong with a package's list of what it needs. */
export type RequirementsProblem =
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly key: string; readonly nearest: string | undefined }
  | { readonly kind: 'invalid'; readonly key: string; readonly reason: string };

/** Reads `maj.json`: pure, and reporting everything that is wrong with it at once. */
export function parseRequirements(text: string): {
  readonly requirements: Requirements;
  readonly problems: readonly RequirementsProblem[];
} {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { requirements: {}, problems: [{ kind: 'unreadable', reason: (error as Error).message }] };
  }
  // valibot takes a list for an object.
  if (!isRecord(value))
    return { requirements: {}, problems: [{ kind: 'unreadable', reason: 'it has to be an object: { … }' }] };
  const parsed = v.safeParse(schema, value);
  const problems: RequirementsProblem[] = [
    ...unknownKeys(value, Object.keys(keys), ''),
    ...unknownKeys(value['servers'], Object.keys(serverKeys), 'servers.'),
    ...(parsed.issues ?? []).map((issue): RequirementsProblem => ({
      kind: 'invalid',
      key: v.getDotPath(issue) ?? requirementsFile,
      reason: issue.message,
    })),
  ];
  return { requirements: parsed.success ? parsed.output : {}, problems };
}

function unknownKeys(value: unknown, known: readonly string[], below: string): RequirementsProblem[] {
  if (!isRecord(value)) return [];
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ kind: 'unknown', key: `${below}${key}`, nearest: nearestName(key, known) }));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What there is, as far as it was asked for. */
export interface InstalledSoftware {
  readonly maj: string;
  /** The installed version: null where none can be read; undefined where nothing is installed. */
  readonly installed: string | null | undefined;
  /** Undefined where the program is not there. */
  readonly php: string | undefined;
  readonly phpExtensions: readonly string[];
  readonly node: string | undefined;
  readonly server: ServerVersion | undefined;
}

/** Something that a package needs and that is not there. */
export type Unmet =
  | {
      readonly kind: 'maj' | 'from' | 'php' | 'node';
      readonly needed: string;
      /** Undefined: not there at all, or not to be told. */
      readonly found: string | undefined;
    }
  | { readonly kind: 'php-extensions'; readonly missing: readonly string[] }
  | { readonly kind: 'server'; readonly needed: readonly string[]; readonly found: string };

/** Everything that a package needs and that is not there: pure. */
export function unmetRequirements(needs: Requirements, there: InstalledSoftware): readonly Unmet[] {
  const unmet: Unmet[] = [];
  const { maj, from, php, node } = needs;
  if (maj !== undefined && compareVersions(there.maj, maj) < 0)
    unmet.push({ kind: 'maj', needed: maj, found: there.maj });
  if (from !== undefined && there.installed !== undefined && !isIn(there.installed, from))
    unmet.push({ kind: 'from', needed: from, found: there.installed ?? undefined });
  if (php !== undefined && !isIn(there.php, php)) unmet.push({ kind: 'php', needed: php, found: there.php });
  if (node !== undefined && !isIn(there.node, node))
    unmet.push({ kind: 'node', needed: node, found: there.node });
  const loaded = new Set(there.phpExtensions.map((name) => name.toLowerCase()));
  const missing = (needs.phpExtensions ?? []).filter((name) => !loaded.has(name.toLowerCase()));
  if (missing.length > 0) unmet.push({ kind: 'php-extensions', missing });
  return [...unmet, ...unmetServer(needs.servers, there.server)];
}

const isIn = (found: string | null | undefined, wanted: string): boolean =>
  typeof found === 'string' && isInRange(found, wanted);

function unmetServer(needed: Requirements['servers'], found: ServerVersion | undefined): Unmet[] {
  if (needed === undefined || found === undefined) return [];
  const least = needed[found.flavour];
  if (least !== undefined && compareVersions(found.version, least) >= 0) return [];
  const supported = flavours.flatMap((flavour) =>
    needed[flavour] === undefined ? [] : [`${traits.name[flavour]} ${needed[flavour]}`],
  );
  return [{ kind: 'server', needed: supported, found: found.text }];
}

/** The version in what `php -v` prints: `PHP 8.2.7 (cli) …`. */
export const phpVersion = (output: string): string | undefined => /^PHP (\d+\.\d+\.\d+)/m.exec(output)?.[1];

/** The version in what `node -v` prints: `v20.19.0`; undefined where that is none, as of a program that is not there. */
export function nodeVersion(output: string): string | undefined {
  const version = normalVersion(output.trim());
  return isVersion(version) ? version : undefined;
}

/** The names in what `php -m` prints, which has headings in brackets. */
export const phpModules = (output: string): readonly string[] =>
  output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('['));

/** Whether a text is a range as npm has them: `^8.2`, `>=28.0.1.2 <29`, `24.05.x`. Pure. */
export function isRange(text: string): boolean {
  return semver.validRange(semanticRange(text)) !== null;
}

/** Whether a version is in a range; pre-releases of a version count as what comes before it. Pure. */
export function isInRange(version: string, range: string): boolean {
  const semantic = semanticVersion(version);
  return (
    semver.valid(semantic) !== null &&
    // A pre-release of the next version is over the last one, too.
    semver.satisfies(semantic, semanticRange(range), { includePrerelease: true })
  );
}

/** How many fourth numbers a third one has room for: days such as 20240501, too. */
const fourths = 100_000_000n;

/** The versions in a range as `semanticVersion` has them; those of one or two numbers stand for many, and stay so. */
const semanticRange = (range: string): string =>
  range.replaceAll(/[^\s|<>=~^]+/g, (word) =>
    /^v?\d+(?:\.\d+)?$/i.test(word) ? word.replaceAll(/(?<!\d)0+(?=\d)/g, '') : semanticVersion(word),
  );

/**
 * A version as semver knows them: three numbers, without zeros before them. A fourth number is put into the third, so that
 * the order stays the same. What is no version stays as it is.
 */
function semanticVersion(text: string): string {
  const version = parseVersion(text);
  if (version === undefined) return text;
  const [major = 0n, minor = 0n, third = 0n, fourth = 0n] = version.numbers.map(BigInt);
  const words = version.parts.map((part) => (part === '' ? 'dev' : part)).join('.');
  return `${major}.${minor}.${third * fourths + fourth}${version.stage < 0 ? `-${words}` : ''}`;
}

import semver from 'semver';
import { parseVersion } from '../core/versions.ts';

/** Whether a text is a range as npm has them: `^8.2`, `>=28.0.1.2 <29`, `24.05.x`. Pure. */
export const isRange = (text: string): boolean => semver.validRange(semanticRange(text)) !== null;

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

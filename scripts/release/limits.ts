/** How much a package may hold before it is taken for an attack or an accident. */
export interface UnpackLimits {
  readonly entries: number;
  /** Bytes of all files together. */
  readonly bytes: number;
  /** Bytes unpacked for each byte of the package, once `ratioFrom` bytes are unpacked. */
  readonly ratio: number;
  readonly ratioFrom: number;
}

/** Far above real applications: the largest seen are some 100,000 files, 1 GB, and pack to a fifth. */
export const packageLimits: UnpackLimits = {
  entries: 500_000,
  bytes: 20_000_000_000,
  ratio: 200,
  ratioFrom: 64_000_000,
};

/** The limit that a number of entries or bytes is beyond, if any. */
export function tooFar(
  limits: UnpackLimits,
  entries: number,
  bytes: number,
): 'too-many' | 'too-large' | undefined {
  if (entries > limits.entries) return 'too-many';
  return bytes > limits.bytes ? 'too-large' : undefined;
}

/** Whether so few packed bytes turning into so many is beyond what real files do. */
export function tooTight(limits: UnpackLimits, packed: number, unpacked: number): boolean {
  return unpacked > limits.ratioFrom && unpacked > packed * limits.ratio;
}

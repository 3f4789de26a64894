/** A package that was built; `file` is absolute, and its sum is also in `<file>.sha256`. */
export interface BuiltPackage {
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** The versions there are, in order. */
export declare const releases: readonly string[];

/** Builds packages (all of them unless said otherwise) into a folder, which is made. */
export declare function buildPackages(outDir: string, versions?: readonly string[]): Promise<BuiltPackage[]>;

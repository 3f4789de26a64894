import { bytes, table } from '../../scripts/core/format.ts';
import { fileMixText } from './file-tree.ts';
import { holds, limits, type Figure } from './limits.ts';
import type { BenchOptions } from './options.ts';
import type { Peer } from './peers.ts';

/** What a run of the benchmark found. */
export interface BenchResult {
  readonly server: string;
  readonly options: BenchOptions;
  /** What was measured on; not given: the database and the files of the options. */
  readonly data?: string;
  readonly figures: readonly Figure[];
  readonly peers?: readonly Peer[];
}

/** The result as data: every figure with its limit, and whether it holds. */
export const resultJson = ({ figures, ...rest }: BenchResult): string =>
  JSON.stringify({
    ...rest,
    figures: figures.map((figure) => ({
      ...figure,
      ...limits[figure.limit],
      limit: figure.limit,
      holds: holds(figure),
    })),
    holds: figures.every(holds),
  });

/** The result as lines for people. */
export function resultLines({ server, options, data, figures, peers = [] }: BenchResult): string[] {
  const rows = figures.map((figure) => [
    holds(figure) ? 'holds' : 'FAILS',
    nameOf(figure),
    valueText(figure, figure.value),
    `at most ${valueText(figure, limits[figure.limit].most)}`,
    sides(figure),
  ]);
  return [
    `${server}${options.durable ? ', durable' : ''}, seed ${options.seed}; medians of ${options.runs}`,
    data ??
      `database: ${options.megabytes} MB of SQL text; files: ${options.files.count}, ${options.files.megabytes} MB: ${fileMixText}`,
    ...table(rows),
    ...peers.map(
      ({ name, version, seconds }) => `the same thousand by ${name} ${version}: ${seconds.toFixed(1)} s`,
    ),
  ];
}

function nameOf({ limit, of }: Figure): string {
  return of === undefined ? limits[limit].name : `${limits[limit].name}: ${of}`;
}

function valueText({ limit }: Figure, value: number): string {
  const { unit } = limits[limit];
  if (unit === 'bytes') return bytes(value);
  return unit === 'seconds' ? `${value.toFixed(2)} s` : value.toFixed(2);
}

const secondsText = (seconds: number): string =>
  seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;

function sides({ limit, ours, plain }: Figure): string {
  if (ours === undefined || plain === undefined) return '';
  const text = (value: number): string =>
    limit === 'secondBackup' || limit === 'secondFiles' ? bytes(value) : secondsText(value);
  return `${text(ours)} to ${text(plain)}`;
}

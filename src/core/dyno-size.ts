/** A size of dynos, in Heroku's spelling; the command line's price table goes by it. */
export interface DynoSize {
  readonly name: string;
  readonly memoryMb: number;
  /** CPU share, relative. */
  readonly compute: number;
  readonly dedicated: boolean;
}

/** What an app gets that did not choose. */
export const DEFAULT_SIZE = 'Basic';

export const DYNO_SIZES: readonly DynoSize[] = [
  { name: 'Eco', memoryMb: 512, compute: 1, dedicated: false },
  { name: 'Basic', memoryMb: 512, compute: 1, dedicated: false },
  { name: 'Standard-1X', memoryMb: 512, compute: 1, dedicated: false },
  { name: 'Standard-2X', memoryMb: 1_024, compute: 2, dedicated: false },
  { name: 'Performance-M', memoryMb: 2_560, compute: 12, dedicated: true },
  { name: 'Performance-L', memoryMb: 14_336, compute: 50, dedicated: true },
  { name: 'Performance-L-RAM', memoryMb: 30_720, compute: 24, dedicated: true },
  { name: 'Performance-XL', memoryMb: 63_488, compute: 100, dedicated: true },
  { name: 'Performance-2XL', memoryMb: 129_024, compute: 200, dedicated: true },
];

/** A size by its name in any spelling (`standard-1x`, and Heroku's former names of the first sizes). */
export function findDynoSize(name: string): DynoSize | undefined {
  const wanted = FORMER_NAMES[name.toLowerCase()] ?? name.toLowerCase();
  return DYNO_SIZES.find((size) => size.name.toLowerCase() === wanted);
}

const FORMER_NAMES: Readonly<Record<string, string>> = {
  '1x': 'standard-1x',
  '2x': 'standard-2x',
  px: 'performance-l',
  hobby: 'basic',
  free: 'eco',
};

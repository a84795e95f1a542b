/** A part of a list, as Heroku's Range header asks for it: `version 3..9; max=15, order=desc`. */
export interface Range {
  readonly property: string;
  readonly start: string | undefined;
  /** `]3..` begins after 3: the form that Next-Range has. */
  readonly afterStart: boolean;
  readonly end: string | undefined;
  readonly max: number;
  readonly order: 'asc' | 'desc';
}

export interface RangeBounds {
  /** The properties the list can be sorted by; the first is the default. */
  readonly properties: readonly [string, ...string[]];
  readonly pageSize: number;
  readonly pageSizeMax: number;
}

const FORM = /^\s*([\w-]+)\s*(?:(\]?)([^\s.;][^\s;]*?)?\s*\.\.\s*([^\s;]+)?)?\s*(?:;(.*))?$/s;

/** Reads a Range header. Undefined when it is not one for this list. An empty header is no header. */
export function parseRange(
  header: string | undefined,
  { properties, pageSize, pageSizeMax }: RangeBounds,
): Range | undefined {
  const none: Range = {
    property: properties[0],
    start: undefined,
    afterStart: false,
    end: undefined,
    max: pageSize,
    order: 'asc',
  };
  if (header === undefined || header.trim() === '') return none;
  const match = FORM.exec(header);
  if (match === null) return undefined;
  const [, property = '', bracket, start, end, rest = ''] = match;
  if (!properties.includes(property)) return undefined;
  const options = parseOptions(rest);
  if (options === undefined) return undefined;
  return {
    property,
    start,
    afterStart: bracket === ']',
    end,
    max: Math.min(options.max ?? pageSize, pageSizeMax),
    order: options.order ?? 'asc',
  };
}

interface Options {
  max?: number;
  order?: 'asc' | 'desc';
}

function parseOptions(text: string): Options | undefined {
  const options: Options = {};
  for (const part of text.split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=').map((word) => word.trim());
    if (name === '') continue;
    if (name === 'max') {
      if (!/^\d{1,9}$/.test(value) || Number(value) === 0) return undefined;
      options.max = Number(value);
    } else if (name === 'order') {
      if (value !== 'asc' && value !== 'desc') return undefined;
      options.order = value;
    }
  }
  return options;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The Range header of the next page; undefined on the last one. */
  readonly next: string | undefined;
}

type Key = string | number;

/** The part of `items` that the range asks for. `keyOf` gives an item's value of the range's property. */
export function takePage<Item>(
  items: readonly Item[],
  range: Range,
  keyOf: (item: Item) => Key,
): Page<Item> {
  const sign = range.order === 'asc' ? 1 : -1;
  const from = range.start;
  const to = range.end;
  const chosen = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => {
      const start = from === undefined ? 1 : sign * compare(key, from);
      const end = to === undefined ? -1 : sign * compare(key, to);
      return (range.afterStart ? start > 0 : start >= 0) && end <= 0;
    })
    .toSorted((a, b) => sign * compareKeys(a.key, b.key));
  const taken = chosen.slice(0, range.max);
  const last = taken.at(-1);
  const next =
    last === undefined || taken.length === chosen.length
      ? undefined
      : `${range.property} ]${last.key}..${to ?? ''}; max=${range.max}, order=${range.order}`;
  return { items: taken.map(({ item }) => item), next };
}

function compare(key: Key, bound: string): number {
  return typeof key === 'number' ? compareKeys(key, Number(bound)) : compareKeys(key, bound);
}

function compareKeys(a: Key, b: Key): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { quoteName } from '../../src/kit/identifiers.ts';
import { fitName } from '../core/names.ts';

/** Where the parts of one connection live in the application's database. */
export interface SchemaNames {
  /** The connection's schema, Heroku Connect's surface: `salesforce` unless its owner chose another. */
  readonly surface: string;
  /** Landbridge's own bookkeeping, apart from the surface that applications know. */
  readonly own: string;
  /** Where the extension hstore is: `public`, unless the database had it elsewhere. */
  readonly hstore: string;
}

export function schemaNames(surface: string, hstore = 'public'): SchemaNames {
  return { surface, own: fitName(`landbridge_${surface}`), hstore };
}

/** A table, function or sequence of the surface, quoted. */
export function onSurface({ surface }: SchemaNames, name: string): string {
  return quoteName(surface, name);
}

/** One of Landbridge's own tables, quoted. */
export function ours({ own }: SchemaNames, name: string): string {
  return quoteName(own, name);
}

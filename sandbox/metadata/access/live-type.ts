import type pg from 'pg';

import { findComponents } from '../components.ts';
import { looseComponent } from './xml.ts';

/** A type whose members are records: what is shown of them is how they are now, whoever changed them. */
export interface LiveType {
  readonly type: string;
  names(pool: pg.Pool): Promise<readonly string[]>;
  /** Undefined when there is none. `named`: what else the same manifest names, by type, which says how much is shown. */
  show(
    pool: pg.Pool,
    fullName: string,
    named?: ReadonlyMap<string, readonly string[]>,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
}

/** What the last deployed file said, for all that this org keeps without acting by it. */
export async function shownBase(
  pool: pg.Pool,
  type: string,
  fullName: string,
): Promise<Readonly<Record<string, unknown>>> {
  const [component] = (await findComponents(pool, type)).filter(
    (kept) => kept.fullName === fullName,
  );
  if (component === undefined) return {};
  const {
    objectPermissions: _o,
    fieldPermissions: _f,
    userPermissions: _u,
    ...rest
  } = looseComponent(component);
  return rest;
}

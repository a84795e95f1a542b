import type { Org } from '../org.ts';
import { createRecordEngine } from '../records/record-engine.ts';
import type { EngineParts } from '../records/dml.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Schema } from '../schema/schema.ts';
import type { Access } from './access.ts';
import { VIEWS_MAX } from './limits.ts';
import { findGrants, readAccess } from './read-access.ts';
import { visibleSchema } from './visible-schema.ts';

/** Whose calls: the profile is told by those who know it, which saves administrators a question to the database. */
export interface Caller {
  readonly userId: string;
  readonly profileId?: string;
}

interface View {
  readonly access: Promise<Access>;
  schema: Schema | undefined;
  /** The schema that `schema` is a view of. */
  of: Schema | undefined;
}

/**
 * The org as each user may see it. A view is made once for each combination of permission sets and kept until one of
 * them, or the schema, is changed; whether one was is asked of the database at every call, so a change holds from the
 * next call on, however it came about.
 */
export class Views {
  readonly #parts: EngineParts;
  readonly #views = new Map<string, View>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** The administrator's view is the org itself. */
  async seenBy(org: Org, caller: Caller): Promise<Org> {
    if (caller.profileId === org.adminProfileId) return org;
    const grants = await findGrants(this.#parts.pool, caller.userId);
    if (grants === undefined)
      throw new SalesforceError('INVALID_SESSION_ID', 'Session expired or invalid');
    if (grants.profileId === org.adminProfileId) return org;
    const view = this.#viewOf(`${grants.mark} ${grants.sets.join(' ')}`, grants.sets);
    const access = await view.access;
    const visible = (): Schema => schemaOf(view, access, this.#parts.schema());
    return {
      ...org,
      schema: visible,
      records: createRecordEngine({ ...this.#parts, visible }),
      permissions: access.permissions,
    };
  }

  #viewOf(key: string, sets: readonly string[]): View {
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const access = readAccess(this.#parts.pool, sets);
    const view: View = { access, schema: undefined, of: undefined };
    this.#views.set(key, view);
    access.catch(() => this.#views.delete(key));
    const [oldest] = this.#views.keys();
    if (this.#views.size > VIEWS_MAX && oldest !== undefined) this.#views.delete(oldest);
    return view;
  }
}

function schemaOf(view: View, access: Access, schema: Schema): Schema {
  if (view.schema !== undefined && view.of === schema) return view.schema;
  view.of = schema;
  view.schema = visibleSchema(schema, access);
  return view.schema;
}

/** @throws SalesforceError API_DISABLED_FOR_ORG, for who may log in but not use the APIs */
export function assertApiEnabled(org: Pick<Org, 'permissions'>): void {
  if (org.permissions.has('ApiEnabled')) return;
  throw new SalesforceError(
    'API_DISABLED_FOR_ORG',
    'The REST API is not enabled for this Organization.',
  );
}

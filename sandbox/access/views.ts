import type { Org } from '../org.ts';
import { createRecordEngine } from '../records/record-engine.ts';
import type { EngineParts } from '../records/dml.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { Schema } from '../schema/schema.ts';
import type { Access } from './access.ts';
import { USERS_PER_VIEW_MAX, VIEWS_MAX } from './limits.ts';
import { findGrants, readAccess } from './read-access.ts';
import { rowRules, type Viewer } from './row-rules.ts';
import { visibleSchema } from './visible-schema.ts';

/** Whose calls: the profile is told by those who know it, which saves administrators a question to the database. */
export interface Caller {
  readonly userId: string;
  readonly profileId?: string;
}

/** A schema made from another one, and made again when that is another. */
interface Derived {
  schema: Schema | undefined;
  /** What `schema` was made from. */
  of: Schema | undefined;
}

/** What users with the same permissions see: the same objects and fields, but each his own records. */
interface View extends Derived {
  readonly access: Promise<Access>;
  readonly users: Map<string, Derived>;
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
    const own = userOf(view, caller.userId);
    const visible = (): Schema => {
      const whole = this.#parts.schema();
      const shared = derive(view, whole, () => visibleSchema(whole, access));
      return derive(own, shared, () =>
        withRows(shared, { userId: caller.userId, access, schema: whole }),
      );
    };
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
    const view: View = { access, users: new Map(), schema: undefined, of: undefined };
    this.#views.set(key, view);
    access.catch(() => this.#views.delete(key));
    const [oldest] = this.#views.keys();
    if (this.#views.size > VIEWS_MAX && oldest !== undefined) this.#views.delete(oldest);
    return view;
  }
}

function userOf({ users }: View, userId: string): Derived {
  const known = users.get(userId);
  if (known !== undefined) return known;
  const [oldest] = users.keys();
  if (users.size >= USERS_PER_VIEW_MAX && oldest !== undefined) users.delete(oldest);
  const fresh: Derived = { schema: undefined, of: undefined };
  users.set(userId, fresh);
  return fresh;
}

function derive(into: Derived, from: Schema, make: () => Schema): Schema {
  if (into.schema !== undefined && into.of === from) return into.schema;
  into.of = from;
  into.schema = make();
  return into.schema;
}

/** The schema with what of each object's records a user sees. */
function withRows(shared: Schema, viewer: Viewer): Schema {
  return new Schema(
    shared.objects.map((object) => {
      const rows = rowRules(viewer, object);
      return rows === undefined ? object : { ...object, rows };
    }),
    shared.hiddenPrefixes,
  );
}

/** @throws SalesforceError API_DISABLED_FOR_ORG, for who may log in but not use the APIs */
export function assertApiEnabled(org: Pick<Org, 'permissions'>): void {
  if (org.permissions.has('ApiEnabled')) return;
  throw new SalesforceError(
    'API_DISABLED_FOR_ORG',
    'The REST API is not enabled for this Organization.',
  );
}

import { randomInt, randomUUID } from 'node:crypto';

import { nameFrom } from '../core/app-name.ts';
import { fault } from '../faults.ts';
import type { Platform } from '../ports.ts';
import { findAddon, getAddon, insertAddon, listAddonsOf, type Addon } from '../store/addons.ts';
import { lockApp, type App } from '../store/apps.ts';
import { insertAttachment, listAttachmentsOf } from '../store/attachments.ts';
import type { Sql } from '../store/sql.ts';
import { COLORS, findPlan, type AddonService } from './catalog.ts';

export interface AddonWish {
  readonly id: string;
  readonly app: Pick<App, 'id' | 'name'>;
  /** `heroku-postgresql`, or with a plan, `heroku-postgresql:essential-0`. */
  readonly plan: string;
  readonly name?: string | undefined;
  /** The attachment's name instead of the service's own. */
  readonly as?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Writes down that an app wants an add-on, in the caller's transaction. This row is the intent: from its commit on the
 * add-on loop provisions it, through crashes of ours and outages of the provider, until it is there or is taken back.
 * An id that is there already is the answer to a repeated request.
 */
export async function requestAddon(
  sql: Sql,
  { catalog }: Pick<Platform, 'catalog'>,
  wish: AddonWish,
): Promise<Addon> {
  const found = findPlan(catalog, wish.plan);
  if (found === undefined) {
    throw fault(
      'INVALID_PARAMS',
      `Couldn't find either the add-on service or the add-on plan of "${wish.plan}". There are: ${catalog.services.map(({ name }) => name).join(', ')}.`,
    );
  }
  await lockApp(sql, wish.app.id);
  const again = await findAddon(sql, wish.id);
  if (again !== undefined) return again;
  const attached = await listAttachmentsOf(sql, wish.app.id);
  const names = attachmentNames(found.service, {
    as: wish.as,
    isFirst: !(await listAddonsOf(sql, wish.app.id)).some(
      ({ service }) => service === found.service.name,
    ),
    taken: new Set(attached.map(({ name }) => name)),
  });
  const inserted = await insertAddon(sql, {
    id: wish.id,
    appId: wish.app.id,
    service: found.service.name,
    plan: found.plan.name,
    name: wish.name ?? freshName(found.service),
    options: wish.options ?? {},
  });
  if (!inserted) {
    throw fault('INVALID_PARAMS', `Name ${wish.name ?? ''} is already taken. Choose another one.`);
  }
  for (const name of names) {
    const fresh = { id: randomUUID(), addonId: wish.id, appId: wish.app.id, name };
    if (!(await insertAttachment(sql, fresh))) {
      throw fault(
        'INVALID_PARAMS',
        `The app has an add-on attached as ${name}. Choose another name.`,
      );
    }
  }
  return getAddon(sql, wish.id);
}

interface Naming {
  readonly as: string | undefined;
  readonly isFirst: boolean;
  readonly taken: ReadonlySet<string>;
}

function attachmentNames(service: AddonService, { as, isFirst, taken }: Naming): readonly string[] {
  if (as !== undefined) return [checkAttachmentName(as)];
  const names = isFirst ? service.firstAttachments : service.laterAttachments;
  const color = COLORS.filter(
    (candidate) => !names.some((name) => taken.has(name.replace('COLOR', candidate))),
  );
  const chosen = color[randomInt(Math.max(1, color.length))] ?? 'EXTRA';
  return names
    .map((name) => name.replace('COLOR', chosen))
    .filter((name) => !taken.has(name) || !isFirst);
}

/** @throws Fault INVALID_PARAMS */
export function checkAttachmentName(name: string): string {
  const upper = name.toUpperCase();
  if (!/^[A-Z][A-Z0-9_]{0,99}$/.test(upper)) {
    throw fault(
      'INVALID_PARAMS',
      `An attachment cannot be called ${JSON.stringify(name)}: letters, digits and underscores, a letter first.`,
    );
  }
  return upper;
}

/** `postgresql-calm-harbor-12345`, as Heroku names them. */
function freshName({ name }: AddonService): string {
  return `${name.replace(/^heroku-/, '')}-${nameFrom(Math.random())}`;
}

import { z } from 'zod';

import { faultOfAppName, nameFrom } from '../../core/app-name.ts';
import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { APPS_PER_USER_MAX } from '../../limits.ts';
import type { Platform } from '../../ports.ts';
import { findApp, getApp, insertApp, listAppsOf, type App } from '../../store/apps.ts';
import { makeRelease } from '../../store/make-release.ts';
import type { User } from '../../store/users.ts';
import { accountEndpoint, parseBody } from '../endpoint.ts';
import { findRegion } from '../regions/body.ts';
import { findStack, DEFAULT_STACK } from '../stacks/body.ts';
import { readAppBody } from './read-body.ts';

export const NewAppBody = z.object({
  name: z.string().nullish(),
  region: z.union([z.string(), z.object({ name: z.string() })]).nullish(),
  stack: z.union([z.string(), z.object({ name: z.string() })]).nullish(),
});

export const appCreate = accountEndpoint(
  { method: 'post', path: '/apps' },
  async (platform, call) => {
    const wanted = parseBody(NewAppBody, call.body);
    const app = await createApp(platform, { user: call.user, id: call.newId('app'), wanted });
    return { status: 201, body: await readAppBody(platform, app) };
  },
);

export interface AppToCreate {
  readonly user: User;
  readonly id: string;
  readonly wanted: z.infer<typeof NewAppBody>;
}

/** Makes an app with its first release. With an id that exists already, that app is the answer: a repeated request. */
export async function createApp(
  platform: Platform,
  { user, id, wanted }: AppToCreate,
): Promise<App> {
  const { pool, box } = platform;
  if (user.service !== null) throw fault('FORBIDDEN', 'A service account cannot have apps.');
  const again = await findApp(pool, id);
  if (again !== undefined) return again;
  if ((await listAppsOf(pool, user.id)).length >= APPS_PER_USER_MAX) {
    throw fault(
      'INVALID_PARAMS',
      `An account may have ${APPS_PER_USER_MAX} apps. Destroy one first.`,
    );
  }
  const name = wanted.name ?? nameFrom(Math.random());
  const reason = faultOfAppName(name);
  if (reason !== undefined) throw fault('INVALID_PARAMS', reason);
  const region = findRegion(nameOf(wanted.region) ?? 'us');
  if (region === undefined) throw fault('INVALID_PARAMS', 'There is no such region. Use "us".');
  const stack = findStack(nameOf(wanted.stack) ?? DEFAULT_STACK);
  if (stack === undefined)
    throw fault('INVALID_PARAMS', `There is no such stack. Use "${DEFAULT_STACK}".`);
  // The app and its release v1 come together: no reader meets an app without a release.
  const made = await inTransaction(pool, async (client) => {
    const app = await insertApp(client, {
      id,
      name,
      ownerId: user.id,
      region: region.name,
      stack: stack.name,
    });
    if (app === undefined) return undefined;
    await makeRelease(client, box, { appId: id, userId: user.id, description: 'Initial release' });
    return getApp(client, id);
  });
  if (made === undefined) throw fault('INVALID_PARAMS', `Name ${name} is already taken`);
  platform.tell(id, `Initial release by user ${user.email}`);
  return made;
}

function nameOf(given: string | { readonly name: string } | null | undefined): string | undefined {
  return typeof given === 'string' ? given : given?.name;
}

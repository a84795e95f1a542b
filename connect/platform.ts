import { createHash } from 'node:crypto';

import { request } from 'undici';
import { z } from 'zod';

import type { Clock } from '../src/kit/clock.ts';
import { messageOf } from '../src/kit/fault.ts';
import { fault } from './faults.ts';
import { PERMISSION_CACHE_MAX, PERMISSION_CACHE_MS, PLATFORM_TIMEOUT_MS } from './limits.ts';

const App = z.object({ id: z.uuid(), name: z.string() });
export type App = Readonly<z.infer<typeof App>>;

const Account = z.object({ id: z.string(), email: z.string() });
type Account = Readonly<z.infer<typeof Account>>;

const Addons = z.array(
  z.object({
    config_vars: z.array(z.string()).default([]),
    plan: z.object({ name: z.string() }),
  }),
);

/** A config var that holds a PostgreSQL URL, and the plan of the add-on it comes from. */
interface DatabaseKey {
  readonly name: string;
  readonly addon: { readonly plan: string } | null;
}

/** The platform, over its own API: who may do what, and where an app's database is. */
export interface Platform {
  /** The app, for one who may use it; with his own token, so that the platform decides. */
  appFor(authorization: string, app: string): Promise<App>;
  account(authorization: string): Promise<Account>;
  /** With Connect's own token. */
  databaseUrl(app: string, key: string): Promise<string>;
  databaseKeys(app: string): Promise<readonly DatabaseKey[]>;
}

interface PlatformOptions {
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
}

export function platformClient({ url, token, clock }: PlatformOptions): Platform {
  const ask = async (path: string, authorization: string): Promise<unknown> => {
    let answer: Awaited<ReturnType<typeof request>>;
    try {
      answer = await request(new URL(path, url), {
        headers: { authorization, accept: 'application/vnd.heroku+json; version=3' },
        headersTimeout: PLATFORM_TIMEOUT_MS,
        bodyTimeout: PLATFORM_TIMEOUT_MS,
      });
    } catch (error) {
      throw fault(
        'PLATFORM_AWAY',
        `The platform at ${url} did not answer: ${messageOf(error)}. Try again.`,
        { cause: error },
      );
    }
    if (answer.statusCode === 200) return answer.body.json();
    await answer.body.dump();
    throw refusal(answer.statusCode, path);
  };
  const own = `Bearer ${token}`;
  const config = async (app: string): Promise<Readonly<Record<string, string>>> =>
    z
      .record(z.string(), z.string())
      .parse(await ask(`/apps/${encodeURIComponent(app)}/config-vars`, own));
  const permissions = new Permissions(clock);
  return {
    appFor: (authorization, app) =>
      permissions.get(authorization, app, async () =>
        App.parse(await ask(`/apps/${encodeURIComponent(app)}`, authorization)),
      ),
    account: async (authorization) => Account.parse(await ask('/account', authorization)),
    async databaseUrl(app, key) {
      const value = (await config(app))[key];
      if (value === undefined || !isPostgresUrl(value)) {
        throw fault(
          'DATABASE_UNKNOWN',
          `The app ${app} has no config var ${key} with the URL of a PostgreSQL database. Attach one, or choose another: heroku connect:db:set.`,
        );
      }
      return value;
    },
    async databaseKeys(app) {
      const names = Object.entries(await config(app))
        .filter(([, value]) => isPostgresUrl(value))
        .map(([name]) => name)
        .toSorted();
      const addons = Addons.parse(await ask(`/apps/${encodeURIComponent(app)}/addons`, own));
      return names.map((name) => {
        const addon = addons.find(({ config_vars: vars }) => vars.includes(name));
        return { name, addon: addon === undefined ? null : { plan: addon.plan.name } };
      });
    },
  };
}

function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\//.test(value);
}

function refusal(status: number, path: string): Error {
  if (status === 401) return fault('UNAUTHENTICATED', 'Invalid credentials provided.');
  if (status === 403) return fault('FORBIDDEN', 'You do not have access to this app.');
  if (status === 404) return fault('NOT_FOUND', 'Couldn’t find that app.');
  return fault('PLATFORM_AWAY', `The platform answered ${path} with the status ${status}.`);
}

/** What the platform has lately said of who may use what, so that a client that polls does not ask it each time. */
class Permissions {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly app: App; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(authorization: string, app: string, ask: () => Promise<App>): Promise<App> {
    // Tokens are not kept, not even here.
    const key = `${createHash('sha256').update(authorization).digest('base64')} ${app}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.until > this.#clock.now()) return known.app;
    this.#known.delete(key);
    const found = await ask();
    if (this.#known.size >= PERMISSION_CACHE_MAX) this.#known.clear();
    this.#known.set(key, { app: found, until: this.#clock.now() + PERMISSION_CACHE_MS });
    return found;
  }
}

import type http from 'node:http';

import { z } from 'zod';

import { FORM_BYTES_MAX, SESSION_MS } from '../limits.ts';
import type { Platform } from '../ports.ts';
import { listAddonsOf } from '../store/addons.ts';
import { listAppsOf, type App } from '../store/apps.ts';
import { listDynos } from '../store/dynos.ts';
import { findCurrentRelease } from '../store/releases.ts';
import { findUser, findUserByToken, type User } from '../store/users.ts';
import { renderDashboard, renderSignIn, type AppCard } from './page.ts';

const COOKIE = 'landbridge_session';
/** The page has its style within and runs no script at all. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const Session = z.object({ userId: z.uuid(), until: z.number() });

/**
 * A page that shows and changes nothing. Who signs in gets a sealed cookie that other sites cannot make a browser send
 * (SameSite=Strict), so there is nothing to forge.
 */
export function createDashboard(platform: Platform) {
  return async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', platform.addresses.api);
    if (request.method === 'POST' && url.pathname === '/session') {
      await signInOrOut(platform, request, response);
      return;
    }
    if (url.pathname !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
      return;
    }
    const user = await findSignedIn(platform, request);
    const html =
      user === undefined
        ? renderSignIn(url.searchParams.has('refused'))
        : renderDashboard(user.email, await readCards(platform, user));
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    response.end(html);
  };
}

async function signInOrOut(
  { pool, box, clock }: Platform,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const form = new URLSearchParams(await readForm(request));
  const user = await findUserByToken(pool, form.get('key') ?? '');
  const flags = 'Path=/; HttpOnly; SameSite=Strict';
  const cookie =
    form.has('end') || user === undefined
      ? `${COOKIE}=; ${flags}; Max-Age=0`
      : `${COOKIE}=${box.seal(JSON.stringify({ userId: user.id, until: clock.now() + SESSION_MS }), 'dashboard')}; ${flags}; Max-Age=${SESSION_MS / 1_000}`;
  const refused = user === undefined && !form.has('end');
  response.writeHead(303, { location: refused ? '/?refused' : '/', 'set-cookie': cookie }).end();
}

async function readForm(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const parts: AsyncIterable<Buffer> = request;
  for await (const chunk of parts) {
    size += chunk.length;
    if (size > FORM_BYTES_MAX) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function findSignedIn(
  { pool, box, clock }: Platform,
  request: http.IncomingMessage,
): Promise<User | undefined> {
  const sealed = (request.headers.cookie ?? '')
    .split(/;\s*/)
    .find((part) => part.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);
  if (sealed === undefined || sealed === '') return undefined;
  try {
    const session = Session.parse(JSON.parse(box.open(sealed, 'dashboard')));
    return session.until < clock.now() ? undefined : await findUser(pool, session.userId);
  } catch {
    // A cookie of another key or another time: signed out.
    return undefined;
  }
}

async function readCards(platform: Platform, user: User): Promise<readonly AppCard[]> {
  const apps = await listAppsOf(platform.pool, user.id);
  return Promise.all(apps.map(async (app) => readCard(platform, app)));
}

async function readCard({ pool, addresses }: Platform, app: App): Promise<AppCard> {
  const release = await findCurrentRelease(pool, app.id);
  const dynos = await listDynos(pool, app.id);
  const addons = await listAddonsOf(pool, app.id);
  return {
    name: app.name,
    webUrl: addresses.webUrl(app.name),
    owner: app.owner_email,
    maintenance: app.maintenance,
    release: release === undefined ? 'no release' : `v${release.version} ${release.description}`,
    released: (release?.created_at ?? app.created_at).toISOString().slice(0, 16).replace('T', ' '),
    dynos: dynos.map(({ name, state, command }) => ({ name, state, command })),
    addons: addons.map(({ name, plan, state }) => ({ name, plan, state })),
  };
}

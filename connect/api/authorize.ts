import { createHash, timingSafeEqual } from 'node:crypto';

import type { Request } from 'express';

import { Fault } from '../../src/kit/fault.ts';
import type { ConnectionLife } from '../connection-life.ts';
import { fault } from '../faults.ts';
import type { App } from '../platform.ts';
import type { Connection, StoredMapping } from '../registry.ts';
import { idParam, type Api } from './context.ts';

const PARTNER = 'herokuconnect';

/** The platform itself, which makes and unmakes add-ons: it shows the shared password. */
export function assertPartner({ config }: Api, request: Request): void {
  const expected = `Basic ${Buffer.from(`${PARTNER}:${config.partnerPassword}`).toString('base64')}`;
  // Hashes are equally long, so the comparison takes equally long whatever was sent.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), digest(expected))) {
    throw fault('UNAUTHENTICATED', 'Invalid credentials provided.');
  }
}

export function bearerOf(request: Request): string {
  const authorization = request.headers.authorization ?? '';
  if (!/^(Bearer|Basic) \S+$/i.test(authorization)) {
    throw fault('UNAUTHENTICATED', 'Invalid credentials provided.');
  }
  return authorization;
}

/** The app of that name or id, if the platform lets the caller use it. */
export async function appFor({ platform }: Api, request: Request, app: string): Promise<App> {
  return platform.appFor(bearerOf(request), app);
}

export interface AuthorizedConnection {
  readonly connection: Connection;
  readonly life: ConnectionLife;
}

/** The connection of the path's id, for one who may use its app. To a stranger it is not there. */
export async function connectionFor(api: Api, request: Request): Promise<AuthorizedConnection> {
  const authorization = bearerOf(request);
  const connection = await api.registry.connections.find(idParam(request, 'id'));
  if (connection === undefined) throw notFound();
  await assertMayUse(api, authorization, connection);
  return { connection, life: api.connections.get(connection.id) };
}

export interface AuthorizedMapping extends AuthorizedConnection {
  readonly mapping: StoredMapping;
}

export async function mappingFor(api: Api, request: Request): Promise<AuthorizedMapping> {
  const authorization = bearerOf(request);
  const mapping = await api.registry.mappings.find(idParam(request, 'id'));
  const connection =
    mapping === undefined ? undefined : await api.registry.connections.find(mapping.connectionId);
  if (mapping === undefined || connection === undefined) {
    throw fault('MAPPING_NOT_FOUND', 'There is no such mapping.');
  }
  await assertMayUse(api, authorization, connection);
  return { mapping, connection, life: api.connections.get(connection.id) };
}

async function assertMayUse(
  { platform, registry }: Api,
  authorization: string,
  connection: Connection,
): Promise<void> {
  try {
    const app = await platform.appFor(authorization, connection.appId ?? connection.appName);
    if (app.name !== connection.appName) {
      await registry.connections.change(connection.id, { appName: app.name });
    }
  } catch (error) {
    if (error instanceof Fault && (error.status === 403 || error.status === 404)) throw notFound();
    throw error;
  }
}

function notFound(): Error {
  return fault('CONNECTION_NOT_FOUND', 'There is no such connection.');
}

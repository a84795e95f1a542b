import type { Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import {
  DEFINITION_TYPES,
  type Definition,
  type DefinitionType,
  type DefinitionWrite,
} from './definitions.ts';

const Created = z.object({ FullName: z.string().min(1).max(80), Metadata: z.unknown() });
const Changed = z.object({ Metadata: z.unknown() });

interface Guards {
  /** For who reads, and for who changes. */
  readonly reads: readonly RequestHandler[];
  readonly writes: readonly RequestHandler[];
}

/** `/tooling/sobjects/PlatformEventChannel…`: the definitions as the Tooling API creates, shows, changes and deletes them. */
export function addDefinitionRoutes(router: Router, org: Org, { reads, writes }: Guards): void {
  for (const type of DEFINITION_TYPES) {
    const path = `/services/data/:version/tooling/sobjects/${type.type}`;
    const one = `${path}/:id`;
    router.post(path, ...writes, create(org, type));
    router.get(one, ...reads, show(org, type));
    router.patch(one, ...writes, change(org, type));
    router.delete(one, ...writes, remove(org, type));
  }
}

function writeOf(org: Org): DefinitionWrite {
  return {
    db: org.pool,
    schema: org.schema(),
    settings: org.settings,
    now: new Date(org.clock.now()),
  };
}

function create(org: Org, type: DefinitionType) {
  return async (request: Request, response: Response): Promise<void> => {
    const { FullName, Metadata } = parse(Created, request.body);
    const id = await type.create(writeOf(org), FullName, Metadata);
    response.status(201).json({ id, success: true, errors: [], warnings: [], infos: [] });
  };
}

function show(org: Org, type: DefinitionType) {
  return async (request: Request, response: Response, next: () => void): Promise<void> => {
    if (request.params['id'] === 'describe') {
      next();
      return;
    }
    const { id, metadata, columns } = await find(org, type, request);
    const version = String(request.params['version']);
    response.json({
      attributes: {
        type: type.type,
        url: `/services/data/${version}/tooling/sobjects/${type.type}/${id}`,
      },
      Id: id,
      ...columns,
      Metadata: metadata,
    });
  };
}

function change(org: Org, type: DefinitionType) {
  return async (request: Request, response: Response): Promise<void> => {
    const { fullName } = await find(org, type, request);
    await type.update(writeOf(org), fullName, parse(Changed, request.body).Metadata);
    response.status(204).end();
  };
}

function remove(org: Org, type: DefinitionType) {
  return async (request: Request, response: Response): Promise<void> => {
    const { fullName } = await find(org, type, request);
    await type.remove(org.pool, fullName);
    response.status(204).end();
  };
}

async function find(org: Org, type: DefinitionType, request: Request): Promise<Definition> {
  const id = String(request.params['id']).slice(0, 15);
  const found = (await type.list(org.pool)).find((one) => one.id.startsWith(id));
  if (found === undefined || id.length < 15)
    throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
  return found;
}

function parse<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new SalesforceError(
    'REQUIRED_FIELD_MISSING',
    'The body must be { "FullName": "…", "Metadata": { … } }',
    { fields: parsed.error.issues.map(({ path }) => path.join('.')) },
  );
}

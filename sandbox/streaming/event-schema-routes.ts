import type { Request, Response } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { sessionOf } from '../session.ts';
import { findChangedObject } from './changed-object.ts';
import { eventSchema } from './event-schema.ts';
import type { Publisher } from './publisher.ts';
import { findSchema } from './store.ts';

const Schema = z.record(z.string(), z.json());

/** GET /event/eventSchema/{id}: the schema that events carry the id of. */
export function getEventSchema(org: Pick<Org, 'pool'>) {
  return async (request: Request, response: Response): Promise<void> => {
    const schema = await findSchema(org.pool, String(request.params['id']));
    if (schema === undefined)
      throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
    response.json({ ...Schema.parse(schema.avro), uuid: schema.id });
  };
}

/** GET /sobjects/{event}/eventSchema: the present schema of a platform or change event, by its name. */
export function getEventSchemaByName(
  org: Pick<Org, 'pool' | 'schema' | 'seenBy'>,
  publisher: Pick<Publisher, 'keepSchema'>,
) {
  return async (request: Request, response: Response): Promise<void> => {
    const name = String(request.params['event']);
    const object = name.endsWith('__e')
      ? org.schema().findObject(name)
      : findChangedObject(org.schema(), name);
    // Events are decoded with the whole schema, whatever of it their reader gets values of.
    const visible = (await org.seenBy(sessionOf(request))).schema();
    if (object === undefined || visible.findObject(object.name) === undefined)
      throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
    const schema = eventSchema(object);
    await publisher.keepSchema(org.pool, schema);
    response.json({ ...schema.avro, uuid: schema.id });
  };
}

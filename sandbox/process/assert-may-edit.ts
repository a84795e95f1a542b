import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import { storedTable } from '../store/layout.ts';
import type { Subject } from './evaluate.ts';

/** @throws SalesforceError for a record that is not there, that the caller may not see, or that he may only read */
export async function assertMayEdit({ client, object, id }: Subject): Promise<void> {
  const { read = 'true', edit = 'true' } = object.rows ?? {};
  const { rows } = await client.query(
    `/* assertMayEdit */ select (${edit}) is true as editable from ${storedTable(object)} as record where "id" = $1 and not "isdeleted" and (${read})`,
    [id],
  );
  const [row] = z.array(Row).parse(rows);
  if (row === undefined)
    throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  if (!row.editable) {
    throw new SalesforceError(
      'INSUFFICIENT_ACCESS_OR_READONLY',
      'insufficient access rights on object id',
    );
  }
}

const Row = z.object({ editable: z.boolean() });

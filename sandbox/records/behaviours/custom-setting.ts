import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import { tableName } from '../../store/layout.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { ObjectDef } from '../../schema/schema.ts';

const OWNER = 'SetupOwnerId';

/** A setting by hierarchy belongs to the org, a profile or a user, of each of which there is one at most. */
export function hierarchySetting(object: ObjectDef): Behaviour {
  return {
    async beforeCreate(dml, drafts) {
      const orgId = await readOrgId(dml);
      for (const { values } of drafts) values[OWNER] ??= orgId;
      const { rows } = await dml.client.query(
        `/* findSettings */ select setupownerid as owner, id from ${tableName(object)} where not "isdeleted" and setupownerid = any($1::text[])`,
        [drafts.map(({ values }) => values[OWNER])],
      );
      const taken = new Map(
        z
          .array(z.object({ owner: z.string(), id: z.string() }))
          .parse(rows)
          .map(({ owner, id }) => [owner, id]),
      );
      for (const draft of drafts) {
        const owner = String(draft.values[OWNER]);
        const other = taken.get(owner);
        if (other !== undefined)
          draft.error = new SalesforceError(
            'DUPLICATE_VALUE',
            `duplicate value found: SetupOwnerId duplicates value on record with id: ${other.slice(0, 15)}`,
            { fields: [] },
          );
        taken.set(owner, other ?? '<unknown>');
      }
    },
  };
}

async function readOrgId({ client }: Dml): Promise<string> {
  const { rows } = await client.query('/* readOrgId */ select org_id from org_identity');
  return z.tuple([z.object({ org_id: z.string() })]).parse(rows)[0].org_id;
}

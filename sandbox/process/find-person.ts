import type pg from 'pg';
import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';

/** A user by his name for logging in, or a queue by its unique name. @throws SalesforceError */
export async function findPerson(
  { client }: { readonly client: pg.ClientBase },
  type: string,
  name: string,
): Promise<string> {
  const statement = /queue/i.test(type) ? FIND_QUEUE : FIND_USER;
  const { rows } = await client.query(statement, [name]);
  const found = z.array(z.object({ id: z.string() })).parse(rows)[0]?.id;
  if (found !== undefined) return found;
  throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', `There is no ${type} ${name}`);
}

const FIND_QUEUE = `/* findQueue */
select id from org."group" where type = 'Queue' and lower(developername) = lower($1)`;
const FIND_USER = `/* findUser */
select id from org."user" where lower(username) = lower($1) and isactive`;

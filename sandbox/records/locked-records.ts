import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { Dml } from './dml.ts';

const Locked = z.object({ id: z.string(), mayEdit: z.boolean() });

/**
 * Which of some records an approval process has locked against the caller. Administrators may change them all, and so may
 * the org itself; where the process lets its current approvers, they may as well.
 */
export async function lockedRecords(
  dml: Dml,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SalesforceError>> {
  if (dml.visible === dml.schema || ids.length === 0) return new Map();
  const { rows } = await dml.client.query(LOCKED_RECORDS, [ids, dml.userId]);
  const locked = z.array(Locked).parse(rows);
  return new Map(
    locked.flatMap(({ id, mayEdit }) =>
      mayEdit
        ? []
        : [[id, new SalesforceError('ENTITY_IS_LOCKED', LOCKED, { fields: [] })] as const],
    ),
  );
}

const LOCKED =
  'The record you are trying to edit, or one of its related records, is currently locked. Please contact your administrator for assistance.';
const LOCKED_RECORDS = `/* lockedRecords */
select l.record_id as id,
       exists (select from org.processinstanceworkitem w
                 join org.processinstance i on i.id = w.processinstanceid
                 join process_definitions p on p.process_id = i.processdefinitionid
                where w.processinstanceid = l.instance_id and p.definition ->> 'recordEditability' = 'AdminOrCurrentApprover'
                  and (w.actorid = $2 or exists (select from org.groupmember m where m.groupid = w.actorid and m.userorgroupid = $2)))
       or exists (select from org."user" u join org.profile f on f.id = u.profileid
                   where u.id = $2 and f.permissionsmodifyalldata) as "mayEdit"
  from record_locks l where l.record_id = any($1::text[])`;

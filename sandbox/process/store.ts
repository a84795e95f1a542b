import type pg from 'pg';
import { z } from 'zod';

import { ProcessDefinition } from './definition.ts';

const Process = z.object({
  id: z.string(),
  object: z.string(),
  name: z.string(),
  sortOrder: z.number(),
  definition: ProcessDefinition,
});
export type Process = z.infer<typeof Process>;

const PROCESS = `select process_id as id, object, name, sort_order as "sortOrder", definition
  from process_definitions`;

/** The active processes of an object, or of all, in the order in which they are tried. */
export async function activeProcesses(
  client: pg.Pool | pg.ClientBase,
  object: string | null,
): Promise<readonly Process[]> {
  const { rows } = await client.query(
    `/* activeProcesses */ ${PROCESS} where active and ($1::text is null or object = $1) order by object, sort_order, name`,
    [object],
  );
  return z.array(Process).parse(rows);
}

const Pending = z.object({
  instanceId: z.string(),
  targetId: z.string(),
  submittedBy: z.string().nullable(),
  step: z.number(),
  process: Process,
});
/** An approval under way. */
export type Pending = z.infer<typeof Pending>;

/** Held until the end of the transaction, so that of two answers to one request the second finds it answered. */
export async function lockPending(
  client: pg.PoolClient,
  instanceId: string,
): Promise<Pending | undefined> {
  const { rows } = await client.query(LOCK_PENDING, [instanceId]);
  return z.array(Pending).parse(rows)[0];
}

const LOCK_PENDING = `/* lockPending */
select i.id as "instanceId", i.targetobjectid as "targetId", i.submittedbyid as "submittedBy", s.step,
       json_build_object('id', p.process_id, 'object', p.object, 'name', p.name, 'sortOrder', p.sort_order, 'definition', p.definition) as process
  from org.processinstance i
  join process_states s on s.instance_id = i.id
  join process_definitions p on p.process_id = i.processdefinitionid
 where i.id = $1 and i.status = 'Pending'
   for update of s`;

const Workitem = z.object({ id: z.string(), actorId: z.string(), instanceId: z.string() });
export type Workitem = z.infer<typeof Workitem>;
const WORKITEM = `select id, actorid as "actorId", processinstanceid as "instanceId" from org.processinstanceworkitem`;

export async function findWorkitem(
  client: pg.ClientBase,
  id: string,
): Promise<Workitem | undefined> {
  const { rows } = await client.query(`/* findWorkitem */ ${WORKITEM} where id = $1`, [id]);
  return z.array(Workitem).parse(rows)[0];
}

export async function workitemsOf(
  client: pg.ClientBase,
  instanceId: string,
): Promise<readonly Workitem[]> {
  const { rows } = await client.query(
    `/* workitemsOf */ ${WORKITEM} where processinstanceid = $1 order by id`,
    [instanceId],
  );
  return z.array(Workitem).parse(rows);
}

/** Work items are gone once somebody has answered, or need not any more. */
export async function dropWorkitems(
  client: pg.ClientBase,
  { instanceId, id }: { readonly instanceId: string; readonly id?: string },
): Promise<void> {
  await client.query(
    '/* dropWorkitems */ delete from org.processinstanceworkitem where processinstanceid = $1 and ($2::text is null or id = $2)',
    [instanceId, id ?? null],
  );
}

export async function findPendingOf(
  client: pg.ClientBase,
  targetId: string,
): Promise<string | undefined> {
  const { rows } = await client.query(
    `/* findPendingOf */ select id from org.processinstance where targetobjectid = $1 and status = 'Pending' and not isdeleted`,
    [targetId],
  );
  return z.array(z.object({ id: z.string() })).parse(rows)[0]?.id;
}

export async function setStep(
  client: pg.ClientBase,
  instanceId: string,
  step: number,
): Promise<void> {
  await client.query(SET_STEP, [instanceId, step]);
}

const SET_STEP = `/* setStep */
insert into process_states (instance_id, step) values ($1, $2)
on conflict (instance_id) do update set step = excluded.step`;

export async function lockRecord(
  client: pg.ClientBase,
  { recordId, instanceId, now }: { recordId: string; instanceId: string; now: Date },
): Promise<void> {
  await client.query(
    '/* lockRecord */ insert into record_locks (record_id, instance_id, locked_at) values ($1, $2, $3) on conflict (record_id) do nothing',
    [recordId, instanceId, now],
  );
}

export async function unlockRecord(client: pg.ClientBase, recordId: string): Promise<void> {
  await client.query('/* unlockRecord */ delete from record_locks where record_id = $1', [
    recordId,
  ]);
}

import type pg from 'pg';
import { z } from 'zod';

import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { castType, columnName, tableName } from './layout.ts';

/** Which tasks and events each list of activities shows: what is done and over, or what is not. */
const VIEWS = {
  ActivityHistory: { task: 'isclosed', event: 'enddatetime < now()' },
  OpenActivity: { task: 'not isclosed', event: '(enddatetime >= now() or enddatetime is null)' },
} as const;

/** Where a field of the lists has another name, or stands for what all tasks or all events are. */
const TASK_COLUMNS: Readonly<Record<string, string>> = {
  IsTask: 'true',
  ActivityType: 'type',
  ActivitySubtype: 'tasksubtype',
  IsAllDayEvent: 'false',
};
const EVENT_COLUMNS: Readonly<Record<string, string>> = {
  IsTask: 'false',
  ActivityType: 'type',
  ActivitySubtype: 'eventsubtype',
  IsClosed: 'enddatetime < now()',
  IsHighPriority: 'false',
};

export async function areActivityViewsMissing(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(
    `/* findActivityViews */ select to_regclass('org.activityhistory') is null as missing`,
  );
  return z.tuple([z.object({ missing: z.boolean() })]).parse(rows)[0].missing;
}

export async function dropActivityViews(
  client: pg.ClientBase,
  objects: readonly ObjectDef[],
): Promise<void> {
  for (const view of objects.filter(({ name }) => name in VIEWS))
    await client.query(`drop view if exists ${tableName(view)}`);
}

export async function replaceActivityViews(
  client: pg.ClientBase,
  objects: readonly ObjectDef[],
): Promise<void> {
  await dropActivityViews(client, objects);
  const task = objects.find(({ name }) => name === 'Task');
  const event = objects.find(({ name }) => name === 'Event');
  if (task === undefined || event === undefined) return;
  for (const [name, conditions] of Object.entries(VIEWS)) {
    const view = objects.find((object) => object.name === name);
    if (view === undefined) continue;
    const of = (object: ObjectDef, renamed: Readonly<Record<string, string>>): string =>
      `select ${view.fields.map((field) => column(object, field, renamed)).join(', ')} from ${tableName(object)}`;
    await client.query(
      `create view ${tableName(view)} as ${of(task, TASK_COLUMNS)} where ${conditions.task} union all ${of(event, EVENT_COLUMNS)} where ${conditions.event}`,
    );
  }
}

/** Names written here are constants; a field that the object does not have is empty. */
function column(
  object: ObjectDef,
  field: FieldDef,
  renamed: Readonly<Record<string, string>>,
): string {
  const given = renamed[field.name];
  const name = columnName(field);
  const own = object.fields.find((one) => one.name === field.name);
  if (given !== undefined) {
    const exists = !/^[a-z]+$/.test(given) || CONSTANTS.has(given);
    const known = exists || object.fields.some((one) => one.column === given);
    return `(${known ? given : 'null'})::${castType(field)} as ${name}`;
  }
  if (own !== undefined && own.column !== null) return `${columnName(own)} as ${name}`;
  return field.type === 'boolean' ? `false as ${name}` : `null::${castType(field)} as ${name}`;
}

const CONSTANTS: ReadonlySet<string> = new Set(['true', 'false']);

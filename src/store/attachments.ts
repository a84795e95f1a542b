import { z } from 'zod';

import type { SecretBox } from '../kit/secret-box.ts';
import { openAddonConfig } from './addons.ts';
import type { ConfigVars } from './config-vars.ts';
import { findRow, manyRows, run, Time, type Sql } from './sql.ts';

/** An add-on attached to an app under a name: the name `DATABASE` makes the config var `DATABASE_URL`. */
export const Attachment = z.object({
  id: z.uuid(),
  addon_id: z.uuid(),
  addon_name: z.string(),
  addon_plan: z.string(),
  addon_service: z.string(),
  addon_app_id: z.uuid(),
  addon_app_name: z.string(),
  app_id: z.uuid(),
  app_name: z.string(),
  name: z.string(),
  namespace: z.string().nullable(),
  created_at: Time,
  updated_at: Time,
});
export type Attachment = Readonly<z.infer<typeof Attachment>>;

const SELECT = `select attachment.id, attachment.addon_id, addons.name as addon_name, addons.plan as addon_plan,
       addons.service as addon_service, addons.app_id as addon_app_id, owner.name as addon_app_name,
       attachment.app_id, apps.name as app_name, attachment.name, attachment.namespace,
       attachment.created_at, attachment.updated_at
  from addon_attachments as attachment
  join addons on addons.id = attachment.addon_id
  join apps as owner on owner.id = addons.app_id
  join apps on apps.id = attachment.app_id`;

export interface NewAttachment {
  readonly id: string;
  readonly addonId: string;
  readonly appId: string;
  readonly name: string;
}

/** Attaches. False when the app has an attachment of that name. */
export async function insertAttachment(sql: Sql, attachment: NewAttachment): Promise<boolean> {
  const { id, addonId, appId, name } = attachment;
  return (await run(sql, INSERT_ATTACHMENT, [id, addonId, appId, name])) === 1;
}

const INSERT_ATTACHMENT = `/* insertAttachment */
insert into addon_attachments (id, addon_id, app_id, name) values ($1, $2, $3, $4)
on conflict do nothing`;

export async function findAttachment(sql: Sql, id: string): Promise<Attachment | undefined> {
  return findRow(sql, Attachment, [
    `/* findAttachment */ ${SELECT} where attachment.id::text = $1`,
    [id],
  ]);
}

export async function listAttachmentsOf(sql: Sql, appId: string): Promise<readonly Attachment[]> {
  return manyRows(sql, Attachment, [
    `/* listAttachmentsOf */ ${SELECT} where attachment.app_id = $1 order by attachment.created_at, attachment.name`,
    [appId],
  ]);
}

export async function listAttachmentsOfAddon(
  sql: Sql,
  addonId: string,
): Promise<readonly Attachment[]> {
  return manyRows(sql, Attachment, [
    `/* listAttachmentsOfAddon */ ${SELECT} where attachment.addon_id = $1 order by attachment.created_at, attachment.name`,
    [addonId],
  ]);
}

/** Where add-ons of the app are attached to other apps. */
export async function listAttachmentsElsewhere(
  sql: Sql,
  appId: string,
): Promise<readonly Attachment[]> {
  return manyRows(sql, Attachment, [
    `/* listAttachmentsElsewhere */ ${SELECT}
 where addons.app_id = $1 and attachment.app_id <> $1
 order by attachment.app_id, attachment.name`,
    [appId],
  ]);
}

/** The attachments of all apps the user owns or works on. */
export async function listAttachmentsOfUser(
  sql: Sql,
  userId: string,
): Promise<readonly Attachment[]> {
  return manyRows(sql, Attachment, [
    `/* listAttachmentsOfUser */ ${SELECT}
 where apps.destroying_at is null
   and (apps.owner_id = $1
        or exists (select from collaborators where collaborators.app_id = apps.id and collaborators.user_id = $1))
 order by attachment.created_at, attachment.name`,
    [userId],
  ]);
}

export async function deleteAttachment(sql: Sql, id: string): Promise<void> {
  await run(sql, '/* deleteAttachment */ delete from addon_attachments where id = $1', [id]);
}

export async function deleteAttachmentsOfAddon(sql: Sql, addonId: string): Promise<void> {
  await run(
    sql,
    '/* deleteAttachmentsOfAddon */ delete from addon_attachments where addon_id = $1',
    [addonId],
  );
}

const AttachedConfig = z.object({
  name: z.string(),
  id: z.uuid(),
  config_sealed: z.string().nullable(),
});

/** The config vars that an app has from its attachments: name of the attachment, `_`, name of the add-on's value. */
export async function readAttachedConfig(
  sql: Sql,
  box: SecretBox,
  appId: string,
): Promise<ConfigVars> {
  const rows = await manyRows(sql, AttachedConfig, [READ_ATTACHED_CONFIG, [appId]]);
  return Object.fromEntries(
    rows.flatMap((row) =>
      Object.entries(openAddonConfig(box, row)).map(([end, value]) => [
        `${row.name}_${end}`,
        value,
      ]),
    ),
  );
}

const READ_ATTACHED_CONFIG = `/* readAttachedConfig */
select attachment.name, addons.id, addons.config_sealed
  from addon_attachments as attachment join addons on addons.id = attachment.addon_id
 where attachment.app_id = $1
 order by attachment.name`;

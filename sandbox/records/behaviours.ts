import type { ObjectDef } from '../schema/schema.ts';
import type { StoredRecord } from '../store/rows.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';
import {
  FIELD_PERMISSIONS_BEHAVIOUR,
  OBJECT_PERMISSIONS_BEHAVIOUR,
  PERMISSION_SET_BEHAVIOUR,
  PROFILE_BEHAVIOUR,
  USER_BEHAVIOUR,
} from './behaviours/access.ts';
import { APEX_CLASS_BEHAVIOUR, APEX_TRIGGER_BEHAVIOUR } from './behaviours/apex.ts';
import { CASE_BEHAVIOUR } from './behaviours/case.ts';
import {
  ATTACHMENT_BEHAVIOUR,
  CONTENT_VERSION_BEHAVIOUR,
  DOCUMENT_BEHAVIOUR,
} from './behaviours/content.ts';
import { hierarchySetting } from './behaviours/custom-setting.ts';
import { ACCOUNT_BEHAVIOUR, CONTACT_BEHAVIOUR } from './behaviours/person-account.ts';
import { LINE_ITEM_BEHAVIOUR } from './behaviours/line-items.ts';
import { ORDER_BEHAVIOUR, ORDER_ITEM_BEHAVIOUR } from './behaviours/orders.ts';
import { PRICEBOOK_ENTRY_BEHAVIOUR, PRODUCT_BEHAVIOUR } from './behaviours/prices.ts';
import { CAMPAIGN_MEMBER_BEHAVIOUR, CONTACT_ROLE_BEHAVIOUR } from './behaviours/relations.ts';
import { EVENT_BEHAVIOUR, OPPORTUNITY_BEHAVIOUR, TASK_BEHAVIOUR } from './behaviours/sales.ts';
import {
  GROUP_BEHAVIOUR,
  GROUP_MEMBER_BEHAVIOUR,
  QUEUE_SOBJECT_BEHAVIOUR,
  SHARE_BEHAVIOUR,
  USER_ROLE_BEHAVIOUR,
} from './behaviours/sharing.ts';
import { PLATFORM_EVENT_BEHAVIOUR } from './behaviours/platform-event.ts';
import { PUSH_TOPIC_BEHAVIOUR, STREAMING_CHANNEL_BEHAVIOUR } from './behaviours/streaming.ts';

/** How a behaviour makes records of other objects: handed to it, since creating is what calls behaviours. */
type CreateRows = (
  dml: Dml,
  objectName: string,
  records: readonly StoredRecord[],
) => Promise<readonly string[]>;

/** What Salesforce itself does with the records of some standard objects, besides storing them. */
export interface Behaviour {
  /** Fields `beforeUpdate` looks at, besides those being written. */
  readonly reads?: readonly string[];
  beforeCreate?(dml: Dml, drafts: readonly Draft[], createRows: CreateRows): Promise<void>;
  afterCreate?(dml: Dml, drafts: readonly Draft[], createRows: CreateRows): Promise<void>;
  beforeUpdate?(
    dml: Dml,
    drafts: readonly Draft[],
    before: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  ): Promise<void>;
  /** Throws to refuse the deletion of any of them. */
  beforeDelete?(dml: Dml, ids: readonly string[]): Promise<void>;
  afterUpdate?(
    dml: Dml,
    drafts: readonly Draft[],
    before: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  ): Promise<void>;
}

const BEHAVIOURS: ReadonlyMap<string, Behaviour> = new Map([
  ['Account', ACCOUNT_BEHAVIOUR],
  ['ApexClass', APEX_CLASS_BEHAVIOUR],
  ['ApexTrigger', APEX_TRIGGER_BEHAVIOUR],
  ['Attachment', ATTACHMENT_BEHAVIOUR],
  ['CampaignMember', CAMPAIGN_MEMBER_BEHAVIOUR],
  ['Case', CASE_BEHAVIOUR],
  ['Contact', CONTACT_BEHAVIOUR],
  ['ContentVersion', CONTENT_VERSION_BEHAVIOUR],
  ['Document', DOCUMENT_BEHAVIOUR],
  ['Event', EVENT_BEHAVIOUR],
  ['FieldPermissions', FIELD_PERMISSIONS_BEHAVIOUR],
  ['Group', GROUP_BEHAVIOUR],
  ['GroupMember', GROUP_MEMBER_BEHAVIOUR],
  ['ObjectPermissions', OBJECT_PERMISSIONS_BEHAVIOUR],
  ['Opportunity', OPPORTUNITY_BEHAVIOUR],
  ['OpportunityContactRole', CONTACT_ROLE_BEHAVIOUR],
  ['OpportunityLineItem', LINE_ITEM_BEHAVIOUR],
  ['Order', ORDER_BEHAVIOUR],
  ['OrderItem', ORDER_ITEM_BEHAVIOUR],
  ['PermissionSet', PERMISSION_SET_BEHAVIOUR],
  ['PricebookEntry', PRICEBOOK_ENTRY_BEHAVIOUR],
  ['Product2', PRODUCT_BEHAVIOUR],
  ['Profile', PROFILE_BEHAVIOUR],
  ['PushTopic', PUSH_TOPIC_BEHAVIOUR],
  ['QueueSobject', QUEUE_SOBJECT_BEHAVIOUR],
  ['StreamingChannel', STREAMING_CHANNEL_BEHAVIOUR],
  ['Task', TASK_BEHAVIOUR],
  ['User', USER_BEHAVIOUR],
  ['UserRole', USER_ROLE_BEHAVIOUR],
]);

const PLAIN: Behaviour = {};

export function behaviourOf(object: ObjectDef): Behaviour {
  if (object.name.endsWith('__e')) return PLATFORM_EVENT_BEHAVIOUR;
  if (object.name.endsWith('Share')) return SHARE_BEHAVIOUR;
  if (object.flags.customSetting && object.fields.some(({ name }) => name === 'SetupOwnerId'))
    return hierarchySetting(object);
  return BEHAVIOURS.get(object.name) ?? PLAIN;
}

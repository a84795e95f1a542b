import type { ObjectDef } from './schema.ts';
import {
  FIELD_PERMISSIONS,
  OBJECT_PERMISSIONS,
  PERMISSION_SET,
  PERMISSION_SET_ASSIGNMENT,
} from './objects/access.ts';
import { ACCOUNT } from './objects/account.ts';
import { ANALYTICS } from './objects/analytics.ts';
import { APEX_RUNS } from './objects/apex-runs.ts';
import { CASE } from './objects/case.ts';
import { CONTACT } from './objects/contact.ts';
import { ACTIVITY_HISTORY, OPEN_ACTIVITY } from './objects/activities.ts';
import { CONTRACTS } from './objects/contracts.ts';
import {
  ATTACHMENT,
  CONTENT_DOCUMENT,
  CONTENT_DOCUMENT_LINK,
  CONTENT_VERSION,
  NOTE,
} from './objects/content.ts';
import {
  GROUP,
  NAME,
  PROFILE,
  PUSH_TOPIC,
  RECORD_TYPE,
  STREAMING_CHANNEL,
  USER_LICENSE,
  USER_ROLE,
} from './objects/directory.ts';
import { EVENT } from './objects/event.ts';
import { FEED_COMMENT, FEED_ITEM, FEED_LIKE } from './objects/feed.ts';
import { LEAD } from './objects/lead.ts';
import { OPPORTUNITY_CONTACT_ROLE } from './objects/opportunity-contact-role.ts';
import { OPPORTUNITY } from './objects/opportunity.ts';
import { PROCESSES } from './objects/process.ts';
import {
  ACCOUNT_CONTACT_RELATION,
  ASSET,
  CAMPAIGN,
  CAMPAIGN_MEMBER,
  OPPORTUNITY_LINE_ITEM,
  PRICEBOOK2,
  PRICEBOOK_ENTRY,
  PRODUCT2,
  TASK,
} from './objects/sales.ts';
import {
  GROUP_MEMBER,
  PERMISSION_SET_GROUP,
  PERMISSION_SET_GROUP_COMPONENT,
  QUEUE_SOBJECT,
  STANDARD_SHARES,
  USER_RECORD_ACCESS,
} from './objects/sharing.ts';
import {
  APEX_CLASS,
  APEX_PAGE,
  APEX_TRIGGER,
  DEBUG_LEVEL,
  STATIC_RESOURCE,
  TRACE_FLAG,
} from './objects/tooling.ts';
import { ORGANIZATION, USER } from './objects/user.ts';
import { DOCUMENTS } from './objects/documents.ts';
import { ENTITLEMENTS } from './objects/entitlements.ts';
import { PLATFORM } from './objects/platform.ts';
import { SALES_MORE } from './objects/sales-more.ts';
import { SERVICE } from './objects/service.ts';
import { STATUSES } from './objects/statuses.ts';
import { WORK_ORDERS } from './objects/work-orders.ts';

/** The objects every org has. */
export const STANDARD_OBJECTS: readonly ObjectDef[] = [
  ...ANALYTICS,
  ...APEX_RUNS,
  ...PROCESSES,
  ACCOUNT,
  ACCOUNT_CONTACT_RELATION,
  APEX_CLASS,
  APEX_PAGE,
  APEX_TRIGGER,
  ASSET,
  ATTACHMENT,
  CAMPAIGN,
  CAMPAIGN_MEMBER,
  CASE,
  CONTACT,
  CONTENT_DOCUMENT,
  CONTENT_DOCUMENT_LINK,
  CONTENT_VERSION,
  DEBUG_LEVEL,
  EVENT,
  FEED_COMMENT,
  FEED_ITEM,
  FEED_LIKE,
  FIELD_PERMISSIONS,
  GROUP,
  GROUP_MEMBER,
  LEAD,
  NAME,
  NOTE,
  OBJECT_PERMISSIONS,
  OPPORTUNITY,
  OPPORTUNITY_CONTACT_ROLE,
  OPPORTUNITY_LINE_ITEM,
  ORGANIZATION,
  PERMISSION_SET,
  PERMISSION_SET_ASSIGNMENT,
  PERMISSION_SET_GROUP,
  PERMISSION_SET_GROUP_COMPONENT,
  PRICEBOOK2,
  PRICEBOOK_ENTRY,
  PRODUCT2,
  PROFILE,
  PUSH_TOPIC,
  QUEUE_SOBJECT,
  RECORD_TYPE,
  ...STANDARD_SHARES,
  STATIC_RESOURCE,
  STREAMING_CHANNEL,
  TASK,
  TRACE_FLAG,
  USER,
  USER_LICENSE,
  USER_RECORD_ACCESS,
  USER_ROLE,
  ACTIVITY_HISTORY,
  OPEN_ACTIVITY,
  ...CONTRACTS,
  ...DOCUMENTS,
  ...ENTITLEMENTS,
  ...PLATFORM,
  ...SALES_MORE,
  ...SERVICE,
  ...STATUSES,
  ...WORK_ORDERS,
];

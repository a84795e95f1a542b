import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  area,
  complexValue,
  defineObject,
  id,
  text,
} from '../define.ts';
import type { FieldDef } from '../field.ts';
import type { ObjectDef } from '../schema.ts';

/** How events are selected and subscribed to, as records for queries: filled when they are asked for. */
const LISTED = { ...READ_ONLY_OBJECT, replicateable: false, retrieveable: false } as const;

const named = (name: string, length = 255): FieldDef => text(name, length, name, READ_ONLY);
const developerName = (): FieldDef =>
  text('DeveloperName', 80, 'Developer Name', { ...READ_ONLY, nameField: true });

const PLATFORM_EVENT_CHANNEL = defineObject({
  name: 'PlatformEventChannel',
  label: 'Platform Event Channel',
  labelPlural: 'Platform Event Channels',
  keyPrefix: '0YL',
  flags: LISTED,
  fields: [
    id('Platform Event Channel ID'),
    developerName(),
    named('MasterLabel', 80),
    named('ChannelType', 40),
    named('FullName', 80),
    complexValue('Metadata', 'Metadata'),
  ],
});

const PLATFORM_EVENT_CHANNEL_MEMBER = defineObject({
  name: 'PlatformEventChannelMember',
  label: 'Platform Event Channel Member',
  labelPlural: 'Platform Event Channel Members',
  keyPrefix: '0v8',
  flags: LISTED,
  fields: [
    id('Platform Event Channel Member ID'),
    developerName(),
    named('EventChannel'),
    named('SelectedEntity'),
    area('FilterExpression', 131_072, 'Filter Expression', READ_ONLY),
    named('FullName', 80),
    complexValue('Metadata', 'Metadata'),
  ],
});

const MANAGED_EVENT_SUBSCRIPTION = defineObject({
  name: 'ManagedEventSubscription',
  label: 'Managed Event Subscription',
  labelPlural: 'Managed Event Subscriptions',
  keyPrefix: '18x',
  flags: LISTED,
  fields: [
    id('Managed Event Subscription ID'),
    developerName(),
    named('MasterLabel', 80),
    named('TopicName'),
    named('DefaultReplay', 40),
    named('ErrorRecoveryReplay', 40),
    named('State', 40),
    named('FullName', 80),
    complexValue('Metadata', 'Metadata'),
  ],
});

export const EVENT_DEFINITIONS: readonly ObjectDef[] = [
  PLATFORM_EVENT_CHANNEL,
  PLATFORM_EVENT_CHANNEL_MEMBER,
  MANAGED_EVENT_SUBSCRIPTION,
];

import type pg from 'pg';
import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import { metadataId } from '../schema/metadata-id.ts';
import type { Schema } from '../schema/schema.ts';
import type { Settings } from '../settings.ts';
import {
  deleteChannel,
  deleteMember,
  findCustomChannel,
  findSelectedEntities,
  insertChannel,
  insertMember,
  listChannels,
  listMembers,
  renameChannel,
  STANDARD_CHANNEL,
  updateMember,
  type ChannelMember,
} from './channel-store.ts';
import { findChangedObject } from './changed-object.ts';
import { fieldsOf } from './event-fields.ts';
import { parseFilter } from './filter-expression.ts';
import { CUSTOM_CHANNELS_MAX, ENRICHED_FIELDS_MAX } from './limits.ts';
import { deleteManaged, listManaged, putManaged } from './managed-store.ts';

/** Where definitions are written: in the caller's transaction, or each on its own. */
export interface DefinitionWrite {
  readonly db: pg.Pool | pg.ClientBase;
  readonly schema: Schema;
  readonly settings: Pick<Settings, 'changeDataCapture' | 'capturedEntitiesMax'>;
  readonly now: Date;
}

/** A definition as the Tooling API shows it. */
export interface Definition {
  readonly id: string;
  readonly fullName: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Its columns in a query, besides Id. */
  readonly columns: Readonly<Record<string, string | null>>;
}

/** A type of metadata that says how events are selected and subscribed to. */
export interface DefinitionType {
  readonly type: string;
  list(db: DefinitionWrite['db']): Promise<readonly Definition[]>;
  /** Resolves to its id. @throws SalesforceError */
  create(write: DefinitionWrite, fullName: string, metadata: unknown): Promise<string>;
  /** @throws SalesforceError */
  update(write: DefinitionWrite, fullName: string, metadata: unknown): Promise<void>;
  remove(db: DefinitionWrite['db'], fullName: string): Promise<void>;
}

const ChannelMetadata = z.object({
  channelType: z.enum(['data', 'event']),
  label: z.string().min(1).max(40),
});

const CHANNEL: DefinitionType = {
  type: 'PlatformEventChannel',
  async list(db) {
    return (await listChannels(db)).map(({ id, name, label, kind }) => ({
      id,
      fullName: name,
      metadata: { channelType: kind, label, urls: null },
      columns: {
        DeveloperName: name.replace(/__chn$/, ''),
        MasterLabel: label,
        ChannelType: kind,
        FullName: name,
      },
    }));
  },
  async create({ db, now }, name, given) {
    const { channelType: kind, label } = parse(ChannelMetadata, given);
    if (!/^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*__chn$/.test(name))
      throw refused('The name of a channel is letters, digits and underscores, and ends in __chn');
    if ((await listChannels(db)).length >= CUSTOM_CHANNELS_MAX)
      throw exceeded(`An org has ${CUSTOM_CHANNELS_MAX} custom channels at most`);
    const id = metadataId('0YL', name);
    if (!(await insertChannel(db, { id, name, label, kind }, now))) throw duplicate(name);
    return id;
  },
  async update({ db }, name, given) {
    const { channelType, label } = parse(ChannelMetadata, given);
    if ((await findCustomChannel(db, name))?.kind !== channelType)
      throw refused('The channel type of a channel cannot be changed');
    await renameChannel(db, name, label);
  },
  remove: deleteChannel,
};

const Enriched = z.union([
  z.array(z.object({ name: z.string() })),
  z.object({ name: z.string() }).transform((one) => [one]),
]);
const MemberMetadata = z.object({
  eventChannel: z.string(),
  selectedEntity: z.string(),
  filterExpression: z.string().nullish(),
  enrichedFields: Enriched.nullish(),
});

const MEMBER: DefinitionType = {
  type: 'PlatformEventChannelMember',
  async list(db) {
    return (await listMembers(db)).map((member) => ({
      id: member.id,
      fullName: member.fullName,
      metadata: {
        enrichedFields: member.enrichedFields.map((name) => ({ name })),
        eventChannel: member.channel,
        filterExpression: member.filterExpression,
        selectedEntity: member.selectedEntity,
      },
      columns: {
        DeveloperName: member.fullName,
        EventChannel: member.channel,
        SelectedEntity: member.selectedEntity,
        FilterExpression: member.filterExpression,
        FullName: member.fullName,
      },
    }));
  },
  async create(write, fullName, given) {
    const member = await checkedMember(write, fullName, given);
    await assertMayBeSelected(write, member.selectedEntity);
    if (!(await insertMember(write.db, member, write.now))) throw duplicate(fullName);
    return member.id;
  },
  async update(write, fullName, given) {
    const member = await checkedMember(write, fullName, given);
    const known = (await listMembers(write.db)).find((one) => one.fullName === fullName);
    if (known?.channel !== member.channel || known.selectedEntity !== member.selectedEntity)
      throw refused('The event channel and the selected entity of a member cannot be changed');
    await updateMember(write.db, member);
  },
  remove: deleteMember,
};

async function checkedMember(
  { db, schema }: DefinitionWrite,
  fullName: string,
  given: unknown,
): Promise<ChannelMember> {
  const { eventChannel, selectedEntity, filterExpression, enrichedFields } = parse(
    MemberMetadata,
    given,
  );
  const standard = eventChannel === STANDARD_CHANNEL;
  const kind = standard ? 'data' : (await findCustomChannel(db, eventChannel))?.kind;
  if (kind === undefined) throw refused(`The event channel ${eventChannel} does not exist`);
  const event = selectedEntity.endsWith('__e') ? schema.findObject(selectedEntity) : undefined;
  const object = kind === 'data' ? findChangedObject(schema, selectedEntity) : event;
  if (object === undefined)
    throw refused(`The selected entity ${selectedEntity} has no events for this channel`);
  if (filterExpression !== null && filterExpression !== undefined)
    parseFilter(filterExpression, object);
  const names = (enrichedFields ?? []).map(({ name }) => name);
  if (names.length > ENRICHED_FIELDS_MAX)
    throw exceeded(`A channel member has ${ENRICHED_FIELDS_MAX} enriched fields at most`);
  const fields = kind === 'data' ? fieldsOf(object) : [];
  const unknown = names.find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) throw refused(`The field ${unknown} cannot enrich ${selectedEntity}`);
  return {
    id: metadataId('0v8', fullName),
    fullName,
    channel: eventChannel,
    selectedEntity,
    filterExpression: filterExpression ?? null,
    enrichedFields: names,
  };
}

/** Of the objects on all channels together only so many may be different ones, unless all are captured anyway. */
async function assertMayBeSelected(
  { db, settings }: DefinitionWrite,
  entity: string,
): Promise<void> {
  if (settings.changeDataCapture === 'all' || !entity.endsWith('ChangeEvent')) return;
  const selected = await findSelectedEntities(db);
  if (selected.has(entity) || selected.size < settings.capturedEntitiesMax) return;
  throw exceeded(
    `The number of entities selected for Change Data Capture exceeds the maximum of ${settings.capturedEntitiesMax}`,
  );
}

const Replay = z.enum(['LATEST', 'EARLIEST']).default('LATEST');
const ManagedMetadata = z.object({
  label: z.string().min(1).max(80),
  topicName: z.string().regex(/^\/(?:data|event)\/\w+$/, 'a topic such as /data/ChangeEvents'),
  defaultReplay: Replay,
  errorRecoveryReplay: Replay,
  state: z.enum(['RUN', 'STOP']).default('RUN'),
});

const MANAGED: DefinitionType = {
  type: 'ManagedEventSubscription',
  async list(db) {
    return (await listManaged(db)).map((one) => {
      const { label, topic: topicName, defaultReplay, errorRecoveryReplay, state } = one;
      return {
        id: one.id,
        fullName: one.developerName,
        metadata: { defaultReplay, errorRecoveryReplay, label, state, topicName },
        columns: {
          DeveloperName: one.developerName,
          MasterLabel: label,
          TopicName: topicName,
          DefaultReplay: defaultReplay,
          ErrorRecoveryReplay: errorRecoveryReplay,
          State: state,
          FullName: one.developerName,
        },
      };
    });
  },
  async create({ db, now }, developerName, given) {
    const known = (await listManaged(db)).some((one) => one.developerName === developerName);
    if (known) throw duplicate(developerName);
    const id = metadataId('18x', developerName);
    await putManaged(db, { id, developerName, ...managedOf(given) }, now);
    return id;
  },
  async update({ db, now }, developerName, given) {
    const id = metadataId('18x', developerName);
    await putManaged(db, { id, developerName, ...managedOf(given) }, now);
  },
  remove: deleteManaged,
};

function managedOf(given: unknown) {
  const { topicName: topic, ...rest } = parse(ManagedMetadata, given);
  return { ...rest, topic };
}

export const DEFINITION_TYPES: readonly DefinitionType[] = [CHANNEL, MEMBER, MANAGED];

function parse<T>(shape: z.ZodType<T>, given: unknown): T {
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw refused(faults.join('; '));
}

function refused(message: string): SalesforceError {
  return new SalesforceError('FIELD_INTEGRITY_EXCEPTION', message, { fields: ['Metadata'] });
}

function exceeded(message: string): SalesforceError {
  return new SalesforceError('LIMIT_EXCEEDED', message);
}

function duplicate(name: string): SalesforceError {
  return new SalesforceError('DUPLICATE_DEVELOPER_NAME', `The name ${name} is in use already`, {
    fields: ['FullName'],
  });
}

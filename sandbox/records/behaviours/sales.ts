import { SalesforceError } from '../../salesforce-error.ts';
import { OPPORTUNITY_STAGES } from '../../schema/objects/opportunity.ts';
import type { Behaviour } from '../behaviours.ts';
import type { StoredValue } from '../coerce.ts';
import type { Draft } from '../draft.ts';

/** A stage brings its probability, unless the caller says another. */
export const OPPORTUNITY_BEHAVIOUR: Behaviour = {
  reads: ['HasOpportunityLineItem'],
  async beforeCreate(_dml, drafts) {
    for (const { values } of drafts) {
      takeProbability(values);
      values['LastStageChangeDate'] = null;
      values['PushCount'] = 0;
    }
  },
  async beforeUpdate(dml, drafts, before) {
    for (const draft of drafts) {
      const { id, values } = draft;
      if (before.get(id ?? '')?.['HasOpportunityLineItem'] === true) keepTotals(draft, before);
      const stage = values['StageName'];
      if (stage === undefined || stage === before.get(id ?? '')?.['StageName']) continue;
      takeProbability(values);
      values['LastStageChangeDate'] = dml.now.toISOString().slice(0, 10);
    }
  },
};

/** What its products make of an opportunity is not written by callers: as in Salesforce, without a word. */
function keepTotals(
  draft: Draft,
  before: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): void {
  if (draft.mirrored === true) return;
  const { id, values } = draft;
  delete values['Amount'];
  delete values['TotalOpportunityQuantity'];
  for (const name of ['Pricebook2Id', 'CurrencyIsoCode']) {
    if (values[name] === undefined || values[name] === before.get(id ?? '')?.[name]) continue;
    draft.error = new SalesforceError(
      'FIELD_INTEGRITY_EXCEPTION',
      `field integrity exception: ${name} (cannot be changed while the opportunity has line items)`,
      { fields: [name] },
    );
  }
}

function takeProbability(values: Record<string, StoredValue>): void {
  const stage = values['StageName'];
  if (typeof stage !== 'string' || typeof values['Probability'] === 'number') return;
  values['Probability'] = OPPORTUNITY_STAGES[stage] ?? 0;
}

/** A task remembers when it was completed. */
export const TASK_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    for (const { values } of drafts) {
      if (values['Status'] === 'Completed') values['CompletedDateTime'] = dml.stamp.toISOString();
    }
  },
  async beforeUpdate(dml, drafts, before) {
    for (const { id, values } of drafts) {
      const status = values['Status'];
      if (status === undefined || status === before.get(id ?? '')?.['Status']) continue;
      values['CompletedDateTime'] = status === 'Completed' ? dml.stamp.toISOString() : null;
    }
  },
};

const MINUTE_MS = 60_000;

/** An event has a beginning and either an end or a duration; each gives the other. */
export const EVENT_BEHAVIOUR: Behaviour = {
  reads: ['ActivityDateTime', 'ActivityDate', 'DurationInMinutes', 'IsAllDayEvent'],
  async beforeCreate(_dml, drafts) {
    for (const draft of drafts) completeTimes(draft, {});
  },
  async beforeUpdate(_dml, drafts, before) {
    for (const draft of drafts) {
      if (TIMES.some((name) => draft.values[name] !== undefined))
        completeTimes(draft, before.get(draft.id ?? '') ?? {});
    }
  },
};

const TIMES = [
  'ActivityDateTime',
  'StartDateTime',
  'EndDateTime',
  'DurationInMinutes',
  'ActivityDate',
] as const;

function completeTimes(draft: Draft, before: Readonly<Record<string, unknown>>): void {
  const { values } = draft;
  const start = asTime(
    values['StartDateTime'] ?? values['ActivityDateTime'] ?? before['ActivityDateTime'],
  );
  const end = asTime(values['EndDateTime']);
  const minutes = values['DurationInMinutes'] ?? before['DurationInMinutes'];
  const allDay = values['IsAllDayEvent'] ?? before['IsAllDayEvent'];
  if (allDay === true && start === undefined && typeof values['ActivityDate'] === 'string') {
    values['DurationInMinutes'] ??= 1_440;
    return;
  }
  if (start === undefined || (end === undefined && typeof minutes !== 'number')) {
    draft.error = new SalesforceError(
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [ActivityDateTime, DurationInMinutes]',
      { fields: ['ActivityDateTime', 'DurationInMinutes'] },
    );
    return;
  }
  const lasts = end === undefined ? Number(minutes) : Math.round((end - start) / MINUTE_MS);
  const text = new Date(start).toISOString();
  values['ActivityDateTime'] = text;
  values['StartDateTime'] = text;
  values['ActivityDate'] = text.slice(0, 10);
  values['DurationInMinutes'] = lasts;
  values['EndDateTime'] = new Date(start + lasts * MINUTE_MS).toISOString();
}

function asTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value.replace('+0000', 'Z'));
  return Number.isNaN(time) ? undefined : time;
}

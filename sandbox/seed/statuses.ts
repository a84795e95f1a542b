import { insertSystemRecords, type SystemWrite } from '../records/system-records.ts';
import { OPPORTUNITY_STAGES } from '../schema/objects/opportunity.ts';
import type { PicklistValue } from '../schema/field.ts';
import { storedTable } from '../store/layout.ts';
import type { StoredRecord } from '../store/rows.ts';

/** The values of some picklists are records, too, which say what each value means. */
const STATUSES: Readonly<
  Record<string, readonly [field: string, means: (value: PicklistValue) => StoredRecord]>
> = {
  CaseStatus: ['Case.Status', ({ value }) => ({ IsClosed: value === 'Closed' })],
  ContractStatus: [
    'Contract.Status',
    ({ value }) => ({ StatusCode: value === 'In Approval Process' ? 'InApproval' : value }),
  ],
  LeadStatus: ['Lead.Status', ({ value }) => ({ IsConverted: value === 'Closed - Converted' })],
  OpportunityStage: [
    'Opportunity.StageName',
    ({ value, active }) => ({
      IsActive: active,
      IsClosed: value.startsWith('Closed'),
      IsWon: value === 'Closed Won',
      DefaultProbability: OPPORTUNITY_STAGES[value] ?? 0,
      ...forecast(value),
    }),
  ],
  PartnerRole: ['Partner.Role', () => ({})],
  SolutionStatus: ['Solution.Status', ({ value }) => ({ IsReviewed: value === 'Reviewed' })],
  TaskPriority: ['Task.Priority', ({ value }) => ({ IsHighPriority: value === 'High' })],
  TaskStatus: ['Task.Status', ({ value }) => ({ IsClosed: value === 'Completed' })],
};

function forecast(stage: string): StoredRecord {
  if (stage === 'Closed Won') return { ForecastCategory: 'Closed', ForecastCategoryName: 'Closed' };
  if (stage === 'Closed Lost')
    return { ForecastCategory: 'Omitted', ForecastCategoryName: 'Omitted' };
  const probability = OPPORTUNITY_STAGES[stage] ?? 0;
  if (probability >= 90) return { ForecastCategory: 'Forecast', ForecastCategoryName: 'Commit' };
  return probability >= 70
    ? { ForecastCategory: 'BestCase', ForecastCategoryName: 'Best Case' }
    : { ForecastCategory: 'Pipeline', ForecastCategoryName: 'Pipeline' };
}

/** Makes the records of the values there are, in an org that has none yet or (`anew`) whose values were changed. */
export async function ensureStatuses(write: SystemWrite, anew = false): Promise<void> {
  const { client, schema } = write;
  for (const [name, [path, means]] of Object.entries(STATUSES)) {
    const [objectName = '', fieldName = ''] = path.split('.');
    const status = schema.findObject(name);
    const object = schema.findObject(objectName);
    const field = object === undefined ? undefined : schema.findField(object, fieldName);
    if (status === undefined || field === undefined) continue;
    const table = storedTable(status);
    if (anew) await client.query(`/* dropStatuses */ delete from ${table}`);
    const { rowCount } = await client.query(`/* findStatuses */ select from ${table} limit 1`);
    if (rowCount !== 0) continue;
    await insertSystemRecords(
      write,
      name,
      field.picklistValues.map((value, index) => {
        const record: StoredRecord = {
          MasterLabel: value.label,
          ApiName: value.value,
          SortOrder: index + 1,
          IsDefault: value.value === field.defaultValue,
          ...means(value),
        };
        const known = Object.entries(record).filter(
          ([key]) => schema.findField(status, key) !== undefined,
        );
        return Object.fromEntries(known);
      }),
    );
  }
}

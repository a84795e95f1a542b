import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';
import { deployFiles, metadataXml } from '../support/deploy.ts';

const Done = z.array(
  z.object({
    instanceStatus: z.string(),
    newWorkitemIds: z.array(z.string()),
    actorIds: z.array(z.string()).nullable(),
  }),
);

const criteria = (field: string, operation: string, value: string): string =>
  `<entryCriteria><criteriaItems><field>${field}</field><operation>${operation}</operation><value>${value}</value></criteriaItems></entryCriteria>`;
const actions = (element: string, name: string): string =>
  `<${element}><action><name>${name}</name><type>FieldUpdate</type></action></${element}>`;
const ownerStep = (name: string, more = ''): string =>
  `<approvalStep><allowDelegate>false</allowDelegate><assignedApprover><approver><name>Owner</name><type>relatedUserField</type></approver><whenMultipleApprovers>FirstResponse</whenMultipleApprovers></assignedApprover>${more}<label>${name}</label><name>${name}</name></approvalStep>`;

const PROCESS = metadataXml(
  'ApprovalProcess',
  `<active>true</active><allowRecall>true</allowRecall><allowedSubmitters><type>allInternalUsers</type></allowedSubmitters>
${ownerStep('First')}${ownerStep('Big', `${criteria('Account.AnnualRevenue', 'greaterThan', '1000')}<ifCriteriaNotMet>ApproveRecord</ifCriteriaNotMet>`)}
${criteria('Account.Industry', 'equals', 'Energy, Banking')}
${actions('finalApprovalActions', 'Mark_Approved')}<finalApprovalRecordLock>false</finalApprovalRecordLock>
${actions('finalRejectionActions', 'Mark_Rejected')}<finalRejectionRecordLock>false</finalRejectionRecordLock>
${actions('recallActions', 'Clear_Site')}<label>Check</label><recordEditability>AdminOnly</recordEditability>`,
);
const update = (name: string, field: string, body: string): string =>
  `<fieldUpdates><fullName>${name}</fullName><field>${field}</field><name>${name}</name><notifyAssignee>false</notifyAssignee>${body}<protected>false</protected></fieldUpdates>`;
const WORKFLOW = metadataXml(
  'Workflow',
  `${update('Mark_Approved', 'Site', "<formula>'ok: ' &amp; Name</formula><operation>Formula</operation>")}
${update('Mark_Rejected', 'Site', '<literalValue>no</literalValue><operation>Literal</operation>')}
${update('Clear_Site', 'Site', '<operation>Null</operation>')}
<rules><fullName>Mark Fishers</fullName><actions><name>Mark_Rejected</name><type>FieldUpdate</type></actions><active>true</active>
<criteriaItems><field>Account.Name</field><operation>startsWith</operation><value>Fisher</value></criteriaItems><triggerType>onAllChanges</triggerType></rules>`,
);

let org: ServedOrg;
let userId: string;
beforeAll(async () => {
  org = await serveOrg();
  const deployed = await deployFiles(
    org.org,
    { ApprovalProcess: ['Account.Check'], Workflow: ['Account'] },
    {
      'approvalProcesses/Account.Check.approvalProcess': PROCESS,
      'workflows/Account.workflow': WORKFLOW,
    },
  );
  expect(deployed.details.componentFailures).toEqual([]);
  const { rows } = await org.org.pool.query<{ id: string }>(
    'select id from org.profile where not permissionsmodifyalldata limit 1',
  );
  const [user] = await org.org.records.create(org.context, 'User', [
    {
      Username: 'uma@landbridge.example',
      LastName: 'User',
      Email: 'uma@landbridge.example',
      Alias: 'uma',
      ProfileId: rows[0]?.id ?? '',
      TimeZoneSidKey: 'Europe/Berlin',
      LocaleSidKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      LanguageLocaleKey: 'en_US',
    },
  ]);
  expect(user?.errors).toEqual([]);
  userId = user?.id ?? '';
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

let accountId: string;
beforeEach(async () => {
  accountId = await account({ Name: 'Mill', Industry: 'Banking' });
});

async function account(values: Readonly<Record<string, unknown>>): Promise<string> {
  const [made] = await org.org.records.create(org.context, 'Account', [values]);
  return made?.id ?? '';
}

async function act(actionType: string, contextId: string): Promise<z.infer<typeof Done>[number]> {
  const answer = await refusable(actionType, contextId);
  expect(answer).toMatchObject({ status: 200 });
  const [one] = Done.parse(answer.body);
  if (one === undefined) throw new Error('no result');
  return one;
}

const refusable = (actionType: string, contextId: string) =>
  org.ask('POST', 'process/approvals', { requests: [{ actionType, contextId, comments: 'so' }] });

async function site(id: string): Promise<unknown> {
  return z
    .looseObject({ Site: z.unknown() })
    .parse((await org.ask('GET', `sobjects/Account/${id}`)).body).Site;
}

test('a record goes through its steps, is locked meanwhile, and final actions change it', async () => {
  const seen = await org.org.seenBy({ userId });
  const edit = async () => {
    const context = { ...org.context, session: { userId } };
    const [result] = await seen.records.update(context, 'Account', [{ Id: accountId, Phone: '1' }]);
    return result?.errors.map(({ errorCode }) => errorCode);
  };
  expect(await edit()).toEqual([]);
  const submitted = await act('Submit', accountId);
  expect(submitted).toMatchObject({ instanceStatus: 'Pending', actorIds: [org.org.adminUserId] });
  expect(await refusable('Submit', accountId)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'ALREADY_IN_PROCESS' }],
  });
  expect(await edit()).toEqual(['ENTITY_IS_LOCKED']);
  const approved = await act('Approve', submitted.newWorkitemIds[0] ?? '');
  expect(approved).toMatchObject({
    instanceStatus: 'Approved',
    actorIds: null,
    newWorkitemIds: [],
  });
  expect(await site(accountId)).toBe('ok: Mill');
  expect(await edit()).toEqual([]);
});

test('the second step is asked where the record meets it, and can say no', async () => {
  const id = await account({ Name: 'Dam', Industry: 'Energy', AnnualRevenue: 5_000 });
  const { newWorkitemIds } = await act('Submit', id);
  const next = await act('Approve', newWorkitemIds[0] ?? '');
  expect(next.instanceStatus).toBe('Pending');
  expect(await act('Reject', next.newWorkitemIds[0] ?? '')).toMatchObject({
    instanceStatus: 'Rejected',
  });
  expect(await site(id)).toBe('no');
  expect(await refusable('Approve', next.newWorkitemIds[0] ?? '')).toMatchObject({
    body: [{ errorCode: 'INVALID_CROSS_REFERENCE_KEY' }],
  });
  const { body } = await org.ask(
    'GET',
    `query?q=${encodeURIComponent(`SELECT Status, (SELECT StepStatus, Comments FROM Steps ORDER BY Id) FROM ProcessInstance WHERE TargetObjectId = '${id}'`)}`,
  );
  expect(body).toMatchObject({
    records: [
      {
        Status: 'Rejected',
        Steps: {
          records: [
            { StepStatus: 'Started', Comments: 'so' },
            { StepStatus: 'Approved' },
            { StepStatus: 'Rejected' },
          ],
        },
      },
    ],
  });
});

test('a record that no process is for, and one that is unknown, are refused; requests go together or not at all', async () => {
  const id = await account({ Name: 'Farm', Industry: 'Agriculture' });
  expect(await refusable('Submit', id)).toMatchObject({
    status: 400,
    body: [
      { errorCode: 'NO_APPLICABLE_PROCESS', message: 'No applicable approval process was found.' },
    ],
  });
  const both = [accountId, id].map((contextId) => ({ actionType: 'Submit', contextId }));
  expect(await org.ask('POST', 'process/approvals', { requests: both })).toMatchObject({
    status: 400,
  });
  expect(await act('Submit', accountId)).toMatchObject({ instanceStatus: 'Pending' });
});

test('of two submissions at a time one is taken', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => refusable('Submit', accountId)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
});

test('a submission is taken back, with its actions', async () => {
  const { newWorkitemIds } = await act('Submit', accountId);
  await org.org.records.update(org.context, 'Account', [{ Id: accountId, Site: 'set' }]);
  expect(await act('Removed', newWorkitemIds[0] ?? '')).toMatchObject({
    instanceStatus: 'Removed',
  });
  expect(await site(accountId)).toBeNull();
});

test('processes and rules are listed, and a rule that is triggered changes the records it is for', async () => {
  expect((await org.ask('GET', 'process/approvals')).body).toMatchObject({
    approvals: { Account: [{ name: 'Check', object: 'Account' }] },
  });
  expect((await org.ask('GET', 'process/rules')).body).toMatchObject({
    rules: { Account: [{ name: 'Mark Fishers', actions: [{ name: 'Mark_Rejected' }] }] },
  });
  const fisher = await account({ Name: 'Fisher & Sons' });
  const contextIds = [fisher, accountId];
  expect((await org.ask('POST', 'process/rules', { contextIds })).body).toEqual({
    errors: null,
    success: true,
  });
  expect([await site(fisher), await site(accountId)]).toEqual(['no', null]);
});

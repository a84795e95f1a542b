import { query as restQuery, queryMore as restQueryMore } from '../rest/query.ts';
import { deleted, updated } from '../rest/replication.ts';
import { describe, describeGlobal as restDescribeGlobal } from '../rest/sobjects.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { quoteSoql } from './quote-soql.ts';
import { NIL, textsOf, type Xml } from './envelope.ts';
import { QUERY_BATCH_RECORDS, RETRIEVED_RECORDS_MAX } from './limits.ts';
import { asRest, required, sessionOf, type Operation } from './operation.ts';
import { jsonOf, listOfJson, mapOfJson, plainXml, queryResult, recordXml } from './to-xml.ts';

export const query: Operation = async (request) => answerQuery(request, 'query');

export const queryAll: Operation = async (request) => answerQuery(request, 'queryAll');

async function answerQuery(
  request: Parameters<Operation>[0],
  resource: 'query' | 'queryAll',
): Promise<Xml> {
  const rest = asRest(request, [resource], { q: required(request.args, 'queryString') });
  const headers = { 'sforce-query-options': `batchSize=${QUERY_BATCH_RECORDS}`, ...rest.headers };
  return queryResult(jsonOf(await restQuery({ ...rest, headers })));
}

export const queryMore: Operation = async (request) =>
  queryResult(
    jsonOf(await restQueryMore(asRest(request, ['query', required(request.args, 'queryLocator')]))),
  );

/** Records by id, in the order of the ids, nil where there is none. */
export const retrieve: Operation = async (request) => {
  const ids = textsOf(request.args['ids']);
  if (ids.length > RETRIEVED_RECORDS_MAX) {
    throw new SalesforceError(
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${RETRIEVED_RECORDS_MAX} records`,
    );
  }
  if (ids.length === 0) return [];
  const fields = new Set([
    'Id',
    ...required(request.args, 'fieldList')
      .split(',')
      .map((name) => name.trim()),
  ]);
  const list = ids.map((id) => quoteSoql(id)).join(', ');
  const soql = `SELECT ${[...fields].join(', ')} FROM ${required(request.args, 'sObjectType')} WHERE Id IN (${list})`;
  const { records } = mapOfJson(jsonOf(await restQuery(asRest(request, ['query'], { q: soql }))));
  const found = new Map(
    listOfJson(records).map((json) => {
      const record = mapOfJson(json);
      const { Id: id } = record;
      return [typeof id === 'string' ? id.slice(0, 15) : '', record] as const;
    }),
  );
  return ids.map((id): Xml => {
    const record = found.get(id.slice(0, 15));
    return record === undefined ? NIL : recordXml(record);
  });
};

export const getUpdated: Operation = async (request) => {
  const { args } = request;
  const range = { start: required(args, 'startDate'), end: required(args, 'endDate') };
  const path = ['sobjects', required(args, 'sObjectType'), 'updated'];
  return plainXml(jsonOf(await updated(asRest(request, path, range))));
};

export const getDeleted: Operation = async (request) => {
  const { args } = request;
  const range = { start: required(args, 'startDate'), end: required(args, 'endDate') };
  const path = ['sobjects', required(args, 'sObjectType'), 'deleted'];
  return plainXml(jsonOf(await deleted(asRest(request, path, range))));
};

export const describeGlobal: Operation = async (request) =>
  plainXml(jsonOf(await restDescribeGlobal(asRest(request, ['sobjects']))));

export const describeSObjects: Operation = async (request) => {
  const names = textsOf(request.args['sObjectType']);
  return Promise.all(names.map((name) => describeOne(request, name)));
};

export const describeSObject: Operation = async (request) =>
  describeOne(request, required(request.args, 'sObjectType'));

async function describeOne(request: Parameters<Operation>[0], name: string): Promise<Xml> {
  return plainXml(jsonOf(await describe(asRest(request, ['sobjects', name, 'describe']))));
}

/** One application with a tab for each object that has one. */
export const describeTabs: Operation = async (request) => {
  sessionOf(request);
  await Promise.resolve();
  const tabs = request.org
    .schema()
    .objects.filter(({ flags }) => flags.layoutable && flags.searchable);
  return [
    {
      description: 'The sandbox org’s objects',
      label: 'Sales',
      logoUrl: `${request.baseUrl}/img/seasonLogos/2014_winter_aloha.png`,
      namespace: '',
      selected: true,
      tabSetId: '02u000000000001AAA',
      tabs: tabs.map((object) => ({
        custom: object.custom,
        iconUrl: `${request.baseUrl}/img/icon/accounts32.png`,
        label: object.labelPlural,
        miniIconUrl: `${request.baseUrl}/img/icon/accounts16.png`,
        name: `standard-${object.name}`,
        sobjectName: object.name,
        url: `${request.baseUrl}/${object.keyPrefix ?? ''}/o`,
      })),
    },
  ];
};

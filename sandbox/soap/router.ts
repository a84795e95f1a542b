import express, { Router, type Request, type Response } from 'express';

import { messageOf } from '../../src/kit/fault.ts';
import { addressOf } from '../access/login-ranges.ts';
import { assertApiEnabled } from '../access/views.ts';
import { API_VERSION_MAX } from '../limits.ts';
import { beginCall } from '../count-call.ts';
import { throwHeldRefusal } from '../held-refusal.ts';
import { baseUrlOf } from '../oauth/base-url.ts';
import { oauthPorts } from '../oauth/router.ts';
import type { Org } from '../org.ts';
import { asDatabaseRefusal, SalesforceError } from '../salesforce-error.ts';
import type { Authenticator } from '../session.ts';
import { refuseAnonymous } from '../tooling/execute-anonymous.ts';
import { convertLead } from './convert-lead.ts';
import * as describes from './describe-operations.ts';
import {
  buildAnswer,
  buildFault,
  mapOf,
  NIL,
  parseCall,
  textOf,
  type SoapCall,
} from './envelope.ts';
import { sessionExpired, SoapFault } from './fault.ts';
import { MESSAGE_BYTES_MAX } from './limits.ts';
import { merge } from './merge.ts';
import type { Operation } from './operation.ts';
import { process } from './process-operation.ts';
import * as read from './read-operations.ts';
import * as records from './record-operations.ts';
import * as sessions from './session-operations.ts';

/** The operations by name. Every one but login needs a session. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['login', sessions.login],
  ['logout', sessions.logout],
  ['getUserInfo', sessions.getUserInfo],
  ['getServerTimestamp', sessions.getServerTimestamp],
  ['setPassword', sessions.changePassword],
  ['resetPassword', sessions.resetPassword],
  ['query', read.query],
  ['queryAll', read.queryAll],
  ['queryMore', read.queryMore],
  ['retrieve', read.retrieve],
  ['getUpdated', read.getUpdated],
  ['getDeleted', read.getDeleted],
  ['describeGlobal', read.describeGlobal],
  ['describeSObject', read.describeSObject],
  ['describeSObjects', read.describeSObjects],
  ['describeTabs', read.describeTabs],
  ['describeAllTabs', describes.describeAllTabs],
  ['describeApprovalLayout', describes.describeApprovalLayout],
  ['describeAvailableQuickActions', describes.describeAvailableQuickActions],
  ['describeCompactLayouts', describes.describeCompactLayouts],
  ['describeDataCategoryGroups', describes.describeDataCategoryGroups],
  ['describeLayout', describes.describeLayout],
  ['describePrimaryCompactLayouts', describes.describePrimaryCompactLayouts],
  ['describeQuickActions', describes.describeQuickActions],
  ['describeTheme', describes.describeTheme],
  ['process', process],
  ['search', describes.search],
  ['create', records.create],
  ['update', records.update],
  ['upsert', records.upsert],
  ['delete', records.remove],
  ['undelete', records.undelete],
  ['emptyRecycleBin', records.emptyRecycleBin],
  ['merge', merge],
  ['convertLead', convertLead],
]);

const NAMESPACES: Readonly<Record<string, string>> = {
  u: 'urn:partner.soap.sforce.com',
  c: 'urn:enterprise.soap.sforce.com',
  s: 'http://soap.sforce.com/2006/08/apex',
  T: 'urn:tooling.soap.sforce.com',
};

/** SOAP APIs that Salesforce has and this org does not: every call is refused by the API's name. */
const ABSENT: Readonly<Record<string, string>> = { s: 'Apex', T: 'Tooling' };

/** The SOAP API: `/services/Soap/u/NN.0` (partner), and `c` (enterprise) for the operations that do not differ. */
export function createSoapRouter(org: Org, authenticator: Authenticator): Router {
  const router = Router();
  const body = express.text({ limit: MESSAGE_BYTES_MAX, type: () => true });
  router.post('/services/Soap/:kind/:version{/:org}', body, async (request, response, next) => {
    const { kind, version } = request.params;
    const namespace = NAMESPACES[kind];
    if (namespace === undefined) {
      next();
      return;
    }
    await answer({ org, authenticator, request, response }, { kind, version, namespace });
  });
  return router;
}

async function answer(
  of: {
    readonly org: Org;
    readonly authenticator: Authenticator;
    readonly request: Request;
    readonly response: Response;
  },
  {
    kind,
    version,
    namespace,
  }: { readonly kind: string; readonly version: string; readonly namespace: string },
): Promise<void> {
  const { org, authenticator, request, response } = of;
  response.type('text/xml; charset=utf-8');
  try {
    throwHeldRefusal(request);
    beginCall(org, response);
    assertVersion(version);
    const call = parseCall(typeof request.body === 'string' ? request.body : '');
    const operation = getOperation(kind, call.operation);
    const session = await findSession(call, authenticator);
    const seen = session === undefined ? org : await org.seenBy(session);
    assertApiEnabled(seen);
    const result = await operation({
      org: seen,
      oauth: oauthPorts(org),
      session,
      headers: call.headers,
      args: call.args,
      version: version.includes('.') ? version : `${version}.0`,
      kind,
      baseUrl: baseUrlOf(request),
      address: addressOf(request),
    });
    response.send(buildAnswer(namespace, call.operation, { result, usage: usageOf(org) }));
  } catch (error) {
    response.status(500).send(buildFault(namespace, asFault(error, org)));
  }
}

/** What the answer's header says of the day's calls. */
function usageOf({ usage, clock, settings }: Org): {
  readonly current: number;
  readonly limit: number;
} {
  return { current: usage.used({ clock }), limit: settings.requestsPerDayMax };
}

function getOperation(kind: string, name: string): Operation {
  if (kind === 's' && name === 'executeAnonymous') return executeAnonymous;
  const absent = ABSENT[kind];
  if (absent !== undefined) {
    throw new SoapFault(
      'NOT_IMPLEMENTED',
      `The sandbox org does not implement the ${absent} SOAP API: ${name}`,
    );
  }
  const operation = OPERATIONS.get(name);
  if (operation !== undefined) return operation;
  throw new SoapFault(
    'INVALID_OPERATION',
    `The sandbox org does not implement the SOAP operation ${name}`,
  );
}

/** Of the Apex API: what does not compile is told so. */
const executeAnonymous: Operation = async ({ args }) => {
  const uncompiled = await refuseAnonymous(textOf(args['String'] ?? args['apexcode']) ?? '');
  return { ...uncompiled, exceptionMessage: NIL, exceptionStackTrace: NIL };
};

/** login takes no session; for all else a missing or bad one is a fault. */
async function findSession({ operation, headers }: SoapCall, authenticator: Authenticator) {
  if (operation === 'login') return undefined;
  const token = textOf(mapOf(headers['SessionHeader'])['sessionId']);
  const session = token === undefined ? undefined : await authenticator.authenticate(token);
  if (session === undefined) throw sessionExpired();
  return session;
}

function assertVersion(version: string): void {
  const number = Number(version);
  if (!/^\d{1,2}(\.\d)?$/.test(version) || number > API_VERSION_MAX) {
    throw new SoapFault(
      'UNSUPPORTED_API_VERSION',
      `Invalid Api version specified on URL: ${version}`,
    );
  }
}

function asFault(error: unknown, org: Org): SoapFault {
  if (error instanceof SoapFault) return error;
  const refusal = error instanceof SalesforceError ? error : asDatabaseRefusal(error);
  if (refusal !== undefined) return new SoapFault(refusal.errorCode, refusal.message);
  org.log.error({ err: error }, `SOAP call failed: ${messageOf(error)}`);
  return new SoapFault(
    'UNKNOWN_EXCEPTION',
    'An unexpected error occurred. Please include this ErrorId if you contact support: sandbox',
  );
}

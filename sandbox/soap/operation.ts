import type { OAuthPorts } from '../oauth/ports.ts';
import type { Org } from '../org.ts';
import type { WriteContext } from '../records/engine.ts';
import { changeOrigin } from '../records/origin.ts';
import type { RestRequest } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Session } from '../session.ts';
import { mapOf, textOf, type ElementMap, type Xml } from './envelope.ts';
import { sessionExpired } from './fault.ts';

/** A call as the operations see it. */
export interface SoapRequest {
  readonly org: Org;
  readonly oauth: OAuthPorts;
  /** Undefined for a call without a session: only login takes one. */
  readonly session: Session | undefined;
  readonly headers: ElementMap;
  readonly args: ElementMap;
  /** `60.0` */
  readonly version: string;
  /** `u` partner, `c` enterprise. */
  readonly kind: string;
  readonly baseUrl: string;
  /** Where the call comes from. */
  readonly address: string;
}

/** Resolves to what stands in `<result>`; undefined answers without one. */
export type Operation = (request: SoapRequest) => Promise<Xml | undefined>;

/** @throws SoapFault INVALID_SESSION_ID */
export function sessionOf({ session }: SoapRequest): Session {
  if (session === undefined) throw sessionExpired();
  return session;
}

/** How records are written: as text of XML, by the caller, with the options of the SOAP headers. */
export function writeContext(request: SoapRequest): WriteContext {
  const client = textOf(mapOf(request.headers['CallOptions'])['client']);
  return {
    session: sessionOf(request),
    origin: changeOrigin(
      'soap',
      request.version,
      client === undefined ? {} : { 'sforce-call-options': `client=${client}` },
    ),
    allOrNone: isOn(request, 'AllOrNoneHeader', 'allOrNone'),
    values: 'text',
    truncate: isOn(request, 'AllowFieldTruncationHeader', 'allowFieldTruncation'),
  };
}

function isOn({ headers }: SoapRequest, header: string, option: string): boolean {
  return textOf(mapOf(headers[header])[option]) === 'true';
}

/** The same call as REST knows it: reading is answered by REST's own handlers. */
export function asRest(
  request: SoapRequest,
  path: readonly string[],
  query: Readonly<Record<string, string>> = {},
): RestRequest {
  const batchSize = textOf(mapOf(request.headers['QueryOptions'])['batchSize']);
  return {
    org: request.org,
    session: sessionOf(request),
    baseUrl: request.baseUrl,
    version: request.version,
    method: 'GET',
    segments: path,
    query: new URLSearchParams(query),
    headers: batchSize === undefined ? {} : { 'sforce-query-options': `batchSize=${batchSize}` },
    body: undefined,
  };
}

export function required(args: ElementMap, name: string): string {
  const text = textOf(args[name]);
  if (text === undefined)
    throw new SalesforceError('REQUIRED_FIELD_MISSING', `Required argument is missing: ${name}`);
  return text;
}

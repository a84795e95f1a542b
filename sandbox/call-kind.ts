/** The APIs by which calls are told apart on the page of API usage; the first whose pattern fits has the call. */
const KINDS = [
  ['Bulk API 2.0', /^\/services\/data\/[^/]+\/jobs\b/i],
  ['Bulk API', /^\/services\/async\//i],
  ['Tooling API', /^\/services\/data\/[^/]+\/tooling\b/i],
  ['Metadata API', /^\/services\/(?:Soap\/m\/|data\/[^/]+\/metadata\b)/i],
  ['Analytics API', /^\/services\/data\/[^/]+\/(?:analytics|wave)\b/i],
  ['SOAP API', /^\/services\/Soap\//i],
  ['Apex REST', /^\/services\/apexrest\b/i],
  ['REST API', /^\//],
] as const;

export type CallKind = (typeof KINDS)[number][0];

export const CALL_KINDS: readonly CallKind[] = KINDS.map(([kind]) => kind);

/** Which API a call is to, by its path. */
export function callKind(path: string): CallKind {
  return KINDS.find(([, pattern]) => pattern.test(path))?.[0] ?? 'REST API';
}

/** The name under which the calls to an API are counted. */
export function callsOf(kind: CallKind): string {
  return `Calls: ${kind}`;
}

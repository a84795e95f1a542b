import { notFound, type RestRequest } from './request.ts';

/** Resources that came after version 20, and with which one (REST API Developer Guide). The longer path decides. */
const SINCE: Readonly<Record<string, number>> = {
  composite: 34,
  'composite/graph': 50,
  'composite/sobjects': 42,
  limits: 24,
  'limits/recordcount': 40,
  parameterizedsearch: 36,
  queryall: 29,
};

/** A resource that a version did not have yet does not exist there. */
export function assertServedBy({
  version,
  segments,
}: Pick<RestRequest, 'version' | 'segments'>): void {
  const [first = '', second = ''] = segments.map((segment) => segment.toLowerCase());
  const since = SINCE[`${first}/${second}`] ?? SINCE[first];
  if (since !== undefined && Number(version) < since) throw notFound();
}

/** Whether a resource stands in a version's list. */
export function isServedBy(version: string, resource: string): boolean {
  return Number(version) >= (SINCE[resource.toLowerCase()] ?? 0);
}

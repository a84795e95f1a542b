import type { IncomingHttpHeaders } from 'node:http';

/**
 * What change events say of who changed a record: `com/salesforce/api/rest/64.0;client=Astro`. The client is the one of
 * the `Sforce-Call-Options` header; a sync recognises its own writes by it.
 */
export function changeOrigin(
  api: 'rest' | 'soap' | 'bulk',
  version: string,
  headers: IncomingHttpHeaders,
): string {
  const options = headers['sforce-call-options'];
  const client =
    typeof options === 'string' ? /(?:^|[,;\s])client=([^,;\s]+)/i.exec(options)?.[1] : undefined;
  const base = `com/salesforce/api/${api}/${version}`;
  return client === undefined ? base : `${base};client=${client}`;
}

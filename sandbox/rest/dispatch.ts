import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { notFound, type Handler, type RestRequest, type RestResponse } from './request.ts';

/** A method and a path below the version: `sobjects/:object/describe`. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: Handler;
  /** Further condition on the segments, where a path alone does not tell. */
  readonly when?: (request: RestRequest) => boolean;
}

/** Families of resources that Salesforce has and this org does not: whatever is asked for below them is refused by name. */
const ABSENT: ReadonlySet<string> = new Set([
  'async-queries',
  'commerce',
  'consent',
  'dedupe',
  'eclair',
  'einstein',
  'folders',
  'knowledgemanagement',
  'licensing',
  'loyalty',
  'named',
  'payments',
  'scheduling',
  'sfdx',
  'support',
  'wave',
]);

/** Families of which this org has a part: what is asked for besides is refused by its own name. */
const PARTIAL: ReadonlySet<string> = new Set(['actions', 'analytics', 'ui-api']);

interface Compiled extends Route {
  readonly parts: readonly string[];
}

/** Answers requests by a table of routes; the first that fits. */
export function createDispatch(routes: readonly Route[]): Handler {
  const compiled = routes.map((route): Compiled => ({
    ...route,
    parts: route.path === '' ? [] : route.path.split('/'),
  }));
  return (request): Promise<RestResponse> | RestResponse => {
    const matching = compiled.filter((route) => fits(route, request));
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = matching.find((candidate) => candidate.method === method);
    if (route !== undefined) return route.handler(request);
    if (matching.length === 0) throw unmatched(request);
    const allowed = [...new Set(matching.map((candidate) => candidate.method))];
    const shown = allowed.includes('GET') ? ['HEAD', ...allowed] : allowed;
    throw new SalesforceError(
      'METHOD_NOT_ALLOWED',
      `HTTP Method '${request.method}' not allowed. Allowed are ${shown.join(',')}`,
    );
  };
}

function unmatched({ segments: [family = '', part] }: RestRequest): SalesforceError {
  if (ABSENT.has(family.toLowerCase())) return notBuilt(`/${family}`);
  if (PARTIAL.has(family.toLowerCase()) && part !== undefined)
    return notBuilt(`/${family}/${part}`);
  return notFound();
}

function fits({ parts, when }: Compiled, request: RestRequest): boolean {
  const { segments } = request;
  if (parts.length !== segments.length) return false;
  const same = parts.every(
    (part, index) => part.startsWith(':') || part.toLowerCase() === segments[index]?.toLowerCase(),
  );
  return same && (when === undefined || when(request));
}

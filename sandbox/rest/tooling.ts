import {
  changeCustomField,
  createCustomField,
  deleteCustomField,
  readCustomField,
} from '../tooling/custom-field.ts';
import { completions } from '../tooling/completions.ts';
import { executeAnonymous } from '../tooling/execute-anonymous.ts';
import type { Route } from './dispatch.ts';
import { missing, type RestRequest } from './request.ts';
import { describeTooling } from './sobjects.ts';

/** What the Tooling API does like REST itself, with the same paths below its own name. */
const SHARED: ReadonlySet<string> = new Set(['sobjects', 'query', 'queryall', 'composite']);

/** A request below `/tooling` that REST's own routes answer. */
export function withoutTooling(request: RestRequest): RestRequest {
  const [first = '', second = '', third = '', fourth = ''] = request.segments;
  if (first.toLowerCase() !== 'tooling' || !SHARED.has(second.toLowerCase())) return request;
  if (
    (third.toLowerCase() === 'customfield' && fourth.toLowerCase() !== 'describe') ||
    (request.segments.length === 2 && second.toLowerCase() === 'sobjects')
  )
    return request;
  return { ...request, segments: request.segments.slice(1) };
}

export function toolingRoutes(): readonly Route[] {
  const runTests = ['runTestsAsynchronous', 'runTestsSynchronous'];
  return [
    { method: 'GET', path: 'tooling/sobjects', handler: describeTooling },
    { method: 'POST', path: 'tooling/sobjects/CustomField', handler: createCustomField },
    { method: 'GET', path: 'tooling/sobjects/CustomField/:id', handler: readCustomField },
    { method: 'PATCH', path: 'tooling/sobjects/CustomField/:id', handler: changeCustomField },
    { method: 'DELETE', path: 'tooling/sobjects/CustomField/:id', handler: deleteCustomField },
    {
      method: 'GET',
      path: 'tooling/executeAnonymous',
      handler: executeAnonymous,
    },
    { method: 'GET', path: 'tooling/completions', handler: completions },
    ...runTests.flatMap((name) =>
      ['GET', 'POST'].map((method) => ({
        method,
        path: `tooling/${name}`,
        handler: missing('Apex: tests cannot be run'),
      })),
    ),
  ];
}

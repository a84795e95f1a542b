import {
  changeCustomField,
  createCustomField,
  deleteCustomField,
  readCustomField,
} from '../tooling/custom-field.ts';
import { completions } from '../tooling/completions.ts';
import {
  changeValidationRule,
  createValidationRule,
  deleteValidationRule,
  readValidationRule,
} from '../tooling/validation-rule.ts';
import { executeAnonymous } from '../tooling/execute-anonymous.ts';
import type { Route } from './dispatch.ts';
import { missing, type RestRequest } from './request.ts';
import { describeTooling } from './sobjects.ts';

/** What the Tooling API does like REST itself, with the same paths below its own name. */
const SHARED: ReadonlySet<string> = new Set(['sobjects', 'query', 'queryall', 'composite']);

/** Objects whose records have routes of their own there: what they describe is metadata. */
const OWN_RECORDS: ReadonlySet<string> = new Set(['customfield', 'validationrule']);

/** A request below `/tooling` that REST's own routes answer. */
export function withoutTooling(request: RestRequest): RestRequest {
  const [first = '', second = '', third = '', fourth = ''] = request.segments;
  if (first.toLowerCase() !== 'tooling' || !SHARED.has(second.toLowerCase())) return request;
  if (
    (OWN_RECORDS.has(third.toLowerCase()) && fourth.toLowerCase() !== 'describe') ||
    (request.segments.length === 2 && second.toLowerCase() === 'sobjects')
  )
    return request;
  return { ...request, segments: request.segments.slice(1), tooling: true };
}

export function toolingRoutes(): readonly Route[] {
  const runTests = ['runTestsAsynchronous', 'runTestsSynchronous'];
  return [
    { method: 'GET', path: 'tooling/sobjects', handler: describeTooling },
    { method: 'POST', path: 'tooling/sobjects/CustomField', handler: createCustomField },
    { method: 'GET', path: 'tooling/sobjects/CustomField/:id', handler: readCustomField },
    { method: 'PATCH', path: 'tooling/sobjects/CustomField/:id', handler: changeCustomField },
    { method: 'DELETE', path: 'tooling/sobjects/CustomField/:id', handler: deleteCustomField },
    { method: 'POST', path: 'tooling/sobjects/ValidationRule', handler: createValidationRule },
    { method: 'GET', path: 'tooling/sobjects/ValidationRule/:id', handler: readValidationRule },
    { method: 'PATCH', path: 'tooling/sobjects/ValidationRule/:id', handler: changeValidationRule },
    {
      method: 'DELETE',
      path: 'tooling/sobjects/ValidationRule/:id',
      handler: deleteValidationRule,
    },
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

import type { RestRequest } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { PAGE_ELEMENTS, PAGE_ELEMENTS_MAX } from './limits.ts';
import type { PageOf } from './store.ts';

/** `page` (of lists of ours, the place it begins at) and `pageSize`. */
export function pageAsked({ query }: RestRequest): PageOf {
  const number = (name: string, fallback: number): number => {
    const text = query.get(name);
    if (text === null) return fallback;
    if (!/^\d{1,6}$/.test(text))
      throw new SalesforceError('INVALID_INPUT', `The value of ${name} is not valid: ${text}`);
    return Number(text);
  };
  const size = number('pageSize', PAGE_ELEMENTS);
  if (size < 1 || size > PAGE_ELEMENTS_MAX) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `The pageSize must be between 1 and ${PAGE_ELEMENTS_MAX}`,
    );
  }
  return { size, offset: number('page', 0) };
}

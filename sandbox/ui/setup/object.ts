import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { link } from '../page.ts';
import { crumbs, heading } from '../parts.ts';
import type { Visit } from '../visit.ts';

/** The object that a page of the Object Manager is about. */
export function getObject({ org, request }: Visit): ObjectDef {
  const object = org.schema().findObject(String(request.params['object']));
  if (object !== undefined && !object.isView) return object;
  throw new SalesforceError('NOT_FOUND', 'There is no such object in this org.');
}

const PAGES = [
  ['', 'Fields & Relationships'],
  ['/details', 'Details'],
  ['/record-types', 'Record Types'],
  ['/validation-rules', 'Validation Rules'],
] as const;

export type ObjectPage = (typeof PAGES)[number][0];

/** Heading, buttons and tabs of an object's pages. */
export function objectHead(object: ObjectDef, here: ObjectPage, actions: readonly Html[]): Html {
  const base = `/setup/objects/${object.name}`;
  const records = object.flags.queryable
    ? [html`<a class="button" href="/ui/objects/${object.name}">Records</a>`]
    : [];
  return html`${heading(object.label, crumbs(['/setup', 'Object Manager']), [...records, ...actions])}
    <ul class="subtabs">${PAGES.map(([page, label]) => html`<li>${link(base + page, label, page === here)}</li>`)}</ul>`;
}

/** Whether this person may change the setup, and so sees the buttons for it. */
export function mayCustomize({ org }: Visit): boolean {
  return org.permissions.has('CustomizeApplication');
}

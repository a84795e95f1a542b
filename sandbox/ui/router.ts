import express, { Router, type NextFunction, type Request, type Response } from 'express';

import { UI_FORM_BYTES_MAX } from '../limits.ts';
import { findBrowserSession, formToken, isFormToken } from '../oauth/browser.ts';
import { html } from '../oauth/pages/html.ts';
import { oauthPorts } from '../oauth/router.ts';
import type { Org } from '../org.ts';
import type { WriteContext } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import { activityPage, homePage } from './home.ts';
import { addField, fieldForm, objectFields, objectManager } from './object-manager.ts';
import { sendPage } from './page.ts';
import {
  createFromForm,
  deleteFromPage,
  listPage,
  newForm,
  recordPage,
  editForm,
  updateFromForm,
} from './record-pages.ts';
import { recycleBin, undeleteFromPage } from './recycle-bin.ts';

/** A page's request: by a person who has logged in, with the form he sent, if he did. */
export interface Visit {
  readonly org: Org;
  readonly username: string;
  readonly request: Request;
  readonly response: Response;
  /** For the hidden field of every form. */
  readonly csrf: string;
  readonly form: Readonly<Record<string, string>>;
  readonly context: WriteContext;
}

type PageHandler = (visit: Visit) => Promise<void> | void;

/** The org's face: records, the recycle bin, the object manager, and what goes on. Log in first. */
export function createUiRouter(org: Org): Router {
  const router = Router();
  const page = (handler: PageHandler) => visit(org, handler);
  const form = [express.urlencoded({ extended: false, limit: UI_FORM_BYTES_MAX }), checkForm(org)];
  router.get('/', page(homePage));
  router.get('/ui/activity', page(activityPage));
  router.get('/ui/objects/:object', page(listPage));
  router.get('/ui/objects/:object/new', page(newForm));
  router.post('/ui/objects/:object/new', form, page(createFromForm));
  router.get('/ui/recycle-bin', page(recycleBin));
  router.post('/ui/recycle-bin', form, page(undeleteFromPage));
  router.get('/setup', page(objectManager));
  router.get('/setup/objects/:object', page(objectFields));
  router.get('/setup/objects/:object/fields/new', page(fieldForm));
  router.post('/setup/objects/:object/fields/new', form, page(addField));
  router.get('/:id', onlyIds, page(recordPage));
  router.get('/:id/e', onlyIds, page(editForm));
  router.post('/:id/e', onlyIds, form, page(updateFromForm));
  router.post('/:id/delete', onlyIds, form, page(deleteFromPage));
  return router;
}

/** `/003…` is a record's page; anything else of one segment is somebody else's. */
function onlyIds(request: Request, _response: Response, next: NextFunction): void {
  next(findId18(String(request.params['id'])) === undefined ? 'route' : undefined);
}

function visit(org: Org, handler: PageHandler) {
  return async (request: Request, response: Response): Promise<void> => {
    const ports = oauthPorts(org);
    const session = await findBrowserSession(ports, request);
    if (session === undefined) {
      response.redirect(`/?ec=302&startURL=${encodeURIComponent(request.originalUrl)}`);
      return;
    }
    const { username, id: userId, profileId } = session.user;
    const seen = await org.seenBy({ userId, profileId });
    const visiting: Visit = {
      org: seen,
      username,
      request,
      response,
      csrf: formToken(ports, request, response),
      form: textsOf(request.body),
      context: { session: { userId }, origin: '', allOrNone: true, values: 'text' },
    };
    try {
      assertMayVisit(seen, request);
      await handler(visiting);
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      const body = html`<div class="card"><h1>That did not work</h1><p class="error">${error.message}</p></div>`;
      sendPage(response, { title: 'Error', body, status: error.status, username });
    }
  };
}

/** Users of the API alone have no pages, and the setup is for those who may see or change it. */
function assertMayVisit({ permissions }: Org, request: Request): void {
  const setup = request.path === '/setup' || request.path.startsWith('/setup/');
  const needed = request.method === 'POST' ? 'CustomizeApplication' : 'ViewSetup';
  if (!permissions.has('ApiUserOnly') && (!setup || permissions.has(needed))) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'Insufficient Privileges. You do not have the level of access necessary to perform the operation you requested.',
  );
}

/** A form is taken from this org's own pages only: the hidden field is what no other site can know. */
function checkForm(org: Org) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const { csrf = '' } = textsOf(request.body);
    if (!isFormToken(oauthPorts(org), request, csrf)) {
      throw new SalesforceError(
        'INVALID_FORM',
        'The form has expired. Go back, load the page again, and send it once more.',
        { status: 403 },
      );
    }
    next();
  };
}

function textsOf(body: unknown): Readonly<Record<string, string>> {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

import cookieParser from 'cookie-parser';
import { doubleCsrf } from 'csrf-csrf';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { z } from 'zod';

import type { Changes } from './changes.ts';
import { parseForm, parseSeen, pick, type Contact } from './contact.ts';
import { SORTS, type Contacts, type ListQuery, type SortName } from './contacts.ts';
import * as pages from './pages.ts';

const FORM_LIMIT = '200kb';
/** Proxies close a connection on which nothing moves (the router after 55 s). */
const KEEP_ALIVE_MS = 25_000;

export interface AppOptions {
  readonly contacts: Contacts;
  readonly changes: Changes;
  readonly cookieSecret: string;
  readonly schema: string;
}

const sorts = Object.keys(SORTS).filter((name): name is SortName => name in SORTS);

const Query = z.object({
  q: z.string().max(200).catch(''),
  sort: z.enum(sorts).catch('name'),
  order: z.enum(['asc', 'desc']).catch('asc'),
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
});

const Id = z.string().regex(/^\d{1,18}$/);

export function createApp({ contacts, changes, cookieSecret, schema }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', 1);
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      strictTransportSecurity: false,
    }),
  );
  app.use(express.static(new URL('../public', import.meta.url).pathname, { maxAge: '1h' }));
  app.get('/changes', (request, response) => {
    followChanges(changes, request, response);
  });

  app.use(cookieParser(cookieSecret), express.urlencoded({ extended: false, limit: FORM_LIMIT }));
  const csrf = doubleCsrf({
    getSecret: () => cookieSecret,
    getSessionIdentifier: (request) => visitor(request),
    cookieName: 'contact-card.csrf',
    cookieOptions: { secure: false, sameSite: 'strict', httpOnly: true, path: '/' },
    getCsrfTokenFromRequest: (request: Request) =>
      z.object({ _csrf: z.string() }).safeParse(request.body).data?._csrf,
  });
  app.use(nameVisitor);
  app.use(csrf.doubleCsrfProtection);

  app.get('/status', async (_request, response) => {
    response.json({ connected: await contacts.connected() });
  });
  app.use(async (_request, response, next) => {
    if (await contacts.connected()) next();
    else response.send(pages.welcomePage(schema));
  });

  app.get('/', async (request, response) => {
    const query = listQuery(request);
    const list = await contacts.list(query);
    if (request.query['fragment'] === '1') response.send(pages.contactTable(query, list).text);
    else response.send(pages.listPage(query, list));
  });
  app.get('/contacts/new', (request, response) => {
    const empty = pick({});
    const token = csrf.generateCsrfToken(request, response);
    response.send(
      pages.formPage({ csrf: token, contact: undefined, values: empty, seen: empty, faults: {} }),
    );
  });
  app.post('/contacts', async (request, response) => {
    const form = parseForm(request.body);
    if (form.ok) {
      response.redirect(303, `/contacts/${await contacts.create(form.values)}`);
      return;
    }
    const token = csrf.generateCsrfToken(request, response);
    const { values, faults } = form;
    response
      .status(422)
      .send(pages.formPage({ csrf: token, contact: undefined, values, seen: pick({}), faults }));
  });
  app.get('/contacts/:id', async (request, response) => {
    const contact = await findContact(contacts, request);
    if (contact === undefined) {
      response.status(404).send(pages.missingPage());
    } else if (request.query['fragment'] === '1') {
      response.json(pages.contactState(contact));
    } else {
      const token = csrf.generateCsrfToken(request, response);
      response.send(
        pages.formPage({
          csrf: token,
          contact,
          values: contact.values,
          seen: contact.values,
          faults: {},
        }),
      );
    }
  });
  app.post('/contacts/:id', async (request, response) => {
    const contact = await findContact(contacts, request);
    if (contact === undefined) {
      response.status(404).send(pages.missingPage());
      return;
    }
    const form = parseForm(request.body);
    const seen = parseSeen(request.body);
    const token = csrf.generateCsrfToken(request, response);
    if (!form.ok) {
      const { values, faults } = form;
      response.status(422).send(pages.formPage({ csrf: token, contact, values, seen, faults }));
      return;
    }
    const outcome = await contacts.update(contact.id, seen, form.values);
    if (outcome === 'gone') {
      response.status(404).send(pages.missingPage());
    } else if (outcome.length === 0) {
      response.redirect(303, `/contacts/${contact.id}`);
    } else {
      const notice = pages.changedMeanwhile(outcome);
      response.status(409).send(
        pages.formPage({
          csrf: token,
          contact,
          values: form.values,
          seen: contact.values,
          faults: {},
          notice,
        }),
      );
    }
  });
  app.post('/contacts/:id/delete', async (request, response) => {
    const contact = await findContact(contacts, request);
    if (contact !== undefined) await contacts.remove(contact.id);
    response.redirect(303, '/');
  });

  app.use((_request, response) => {
    response.status(404).send(pages.missingPage());
  });
  app.use(answerFault);
  return app;
}

function listQuery(request: Request): ListQuery {
  const { q, sort, order, page } = Query.parse(request.query);
  return { search: q.trim(), sort, descending: order === 'desc', page };
}

async function findContact(contacts: Contacts, request: Request): Promise<Contact | undefined> {
  const id = Id.safeParse(request.params['id']);
  return id.success ? contacts.find(id.data) : undefined;
}

/** Server-sent events: the ids that changed, or an empty list when it could be any. */
function followChanges(changes: Changes, request: Request, response: Response): void {
  response.set({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  response.write('retry: 1000\n\n');
  const stop = changes.subscribe((ids) => {
    response.write(`event: changed\ndata: ${JSON.stringify(ids)}\n\n`);
  });
  const alive = setInterval(() => response.write(': alive\n\n'), KEEP_ALIVE_MS);
  request.once('close', () => {
    clearInterval(alive);
    stop();
  });
}

const VISITOR = 'contact-card.visitor';

/** Gives each browser a name, signed, which the forms' tokens are bound to. */
function nameVisitor(request: Request, response: Response, next: NextFunction): void {
  if (visitor(request) === '') {
    const name = crypto.randomUUID();
    request.signedCookies[VISITOR] = name;
    response.cookie(VISITOR, name, { signed: true, httpOnly: true, sameSite: 'lax', path: '/' });
  }
  next();
}

function visitor(request: Request): string {
  const cookies = z.record(z.string(), z.unknown()).safeParse(request.signedCookies);
  const name = cookies.data?.[VISITOR];
  return typeof name === 'string' ? name : '';
}

function answerFault(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { status, code } = z
    .object({ status: z.number().catch(500), code: z.string().catch('') })
    .catch({ status: 500, code: '' })
    .parse(error);
  if (code === 'EBADCSRFTOKEN') {
    response
      .status(403)
      .send(
        pages.faultPage(
          'This form was opened too long ago, or on another site. Open it again and repeat the change.',
        ),
      );
    return;
  }
  if (status >= 500) console.error(error);
  response
    .status(status)
    .send(
      pages.faultPage(
        status >= 500
          ? 'The database did not do what was asked. Try again in a moment.'
          : 'This request cannot be understood.',
      ),
    );
}

import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';

import { ADMIN_BODY_BYTES_MAX } from '../limits.ts';
import { putConnectedApp } from '../oauth/endpoints/connected-app.ts';
import { oauthPorts } from '../oauth/router.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { enableFeature, featuresOf } from '../schema/enable-feature.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { generateRecords } from '../seed/generate.ts';
import { FaultRule, parse } from './fault-rule.ts';
import { ADMIN_ROUTES } from './routes.ts';
import { dropSnapshot, restoreSnapshot, takeSnapshot } from './snapshot.ts';

const Seeding = z.strictObject({
  object: z.string(),
  count: z.number().int().min(1),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
});

const Delay = z
  .strictObject({ minMs: z.number().int().min(0), maxMs: z.number().int().min(0) })
  .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs must not exceed maxMs');

/** What an org is given it keeps. */
const ForGood = z.literal(true, 'can be turned on only, and not off again');

const Settings = z.strictObject({
  visibilityDelay: Delay.optional(),
  eventDelay: Delay.optional(),
  clockOffsetMs: z.number().int().optional(),
  requestsPerDayMax: z.number().int().min(0).optional(),
  bulkBatchesPerDayMax: z.number().int().min(0).optional(),
  bulkQueryJobsPerDayMax: z.number().int().min(0).optional(),
  bulkRecordsPerDayMax: z.number().int().min(0).optional(),
  bulkQueryMegabytesPerDayMax: z.number().int().min(0).optional(),
  longRequestsMax: z.number().int().min(0).optional(),
  searchDelayMs: z.number().int().min(0).optional(),
  changeDataCapture: z.enum(['all', 'selected']).optional(),
  capturedEntitiesMax: z.number().int().min(0).optional(),
  eventsPerDayMax: z.number().int().min(0).optional(),
  topicEventsPerDayMax: z.number().int().min(0).optional(),
  genericEventsPerDayMax: z.number().int().min(0).optional(),
  publishedEventsPerHourMax: z.number().int().min(0).optional(),
  streamingClientsMax: z.number().int().min(0).optional(),
  sessionTimeoutMs: z.number().int().min(1).optional(),
  personAccounts: ForGood.optional(),
  multiCurrency: ForGood.optional(),
});

const SnapshotName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,30}$/,
    'a name is a letter, then letters, digits and underscores, lower case',
  );

/** What no Salesforce org has: for tests and demonstrations, on only when asked for, and for the administrator alone. */
export function createAdminRouter(org: Org, authenticator: Authenticator): Router {
  const router = Router();
  router.use(
    '/admin',
    requireSession(authenticator),
    requireAdministrator(org),
    express.json({ limit: ADMIN_BODY_BYTES_MAX }),
  );
  router.get('/admin', (_request, response) => {
    response.json({
      routes: ADMIN_ROUTES.map(([route, what]) => ({ route, what })),
      settings: org.settings,
      faults: org.injector.list(),
    });
  });
  router.post('/admin/seed', async (request, response) => {
    const started = org.clock.now();
    const created = await generateRecords(org, parse(Seeding, request.body));
    response.json({ created, ms: org.clock.now() - started });
  });
  router.get('/admin/settings', (_request, response) => {
    response.json({ ...org.settings, ...featuresOf(org.schema()) });
  });
  router.patch('/admin/settings', async (request, response) => {
    const { personAccounts, multiCurrency, ...settings } = parse(Settings, request.body);
    if (personAccounts === true) await enableFeature(org, 'PersonAccounts');
    if (multiCurrency === true) await enableFeature(org, 'MultiCurrency');
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    Object.assign(org.settings, Object.fromEntries(given));
    response.json({ ...org.settings, ...featuresOf(org.schema()) });
  });
  router.get('/admin/faults', (_request, response) => {
    response.json(org.injector.list());
  });
  router.post('/admin/faults', (request, response) => {
    response.status(201).json(org.injector.add(parse(FaultRule, request.body)));
  });
  router.delete('/admin/faults', (_request, response) => {
    org.injector.remove();
    response.status(204).end();
  });
  router.delete('/admin/faults/:id', (request, response) => {
    if (!org.injector.remove(request.params.id))
      throw new SalesforceError('NOT_FOUND', 'There is no such rule');
    response.status(204).end();
  });
  router.put('/admin/connected-apps/:clientId', putConnectedApp(oauthPorts(org)));
  router.post('/admin/snapshots/:name', async (request, response) => {
    response.status(201).json(await takeSnapshot(org, parse(SnapshotName, request.params.name)));
  });
  router.post('/admin/snapshots/:name/restore', async (request, response) => {
    response.json(await restoreSnapshot(org, parse(SnapshotName, request.params.name)));
  });
  router.delete('/admin/snapshots/:name', async (request, response) => {
    await dropSnapshot(org, parse(SnapshotName, request.params.name));
    response.status(204).end();
  });
  return router;
}

function requireAdministrator(org: Org) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (sessionOf(request).profileId !== org.adminProfileId) {
      throw new SalesforceError(
        'INSUFFICIENT_ACCESS',
        'The admin API is for the administrator alone',
      );
    }
    next();
  };
}

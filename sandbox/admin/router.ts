import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';

import { ADMIN_BODY_BYTES_MAX } from '../limits.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { generateRecords } from '../seed/generate.ts';

const Seeding = z.strictObject({
  object: z.string(),
  count: z.number().int().min(1),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
});

const Delay = z
  .strictObject({ minMs: z.number().int().min(0), maxMs: z.number().int().min(0) })
  .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs must not exceed maxMs');

const Settings = z.strictObject({
  visibilityDelay: Delay.optional(),
  eventDelay: Delay.optional(),
  clockOffsetMs: z.number().int().optional(),
  requestsPerDayMax: z.number().int().min(0).optional(),
  sessionTimeoutMs: z.number().int().min(1).optional(),
});

/** What no Salesforce org has: for tests and demonstrations, on only when asked for, and for the administrator alone. */
export function createAdminRouter(org: Org, authenticator: Authenticator): Router {
  const router = Router();
  router.use(
    '/admin',
    requireSession(authenticator),
    requireAdministrator(org),
    express.json({ limit: ADMIN_BODY_BYTES_MAX }),
  );
  router.post('/admin/seed', async (request, response) => {
    const started = org.clock.now();
    const created = await generateRecords(org, parse(Seeding, request.body));
    response.json({ created, ms: org.clock.now() - started });
  });
  router.get('/admin/settings', (_request, response) => {
    response.json(org.settings);
  });
  router.patch('/admin/settings', (request, response) => {
    const given = Object.entries(parse(Settings, request.body)).filter(
      ([, value]) => value !== undefined,
    );
    Object.assign(org.settings, Object.fromEntries(given));
    response.json(org.settings);
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

/** A body of the admin API, or a refusal that names every fault. */
export function parse<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError('INVALID_INPUT', faults.join('; '));
}

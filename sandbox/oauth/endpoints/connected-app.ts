import type { Request, Response } from 'express';
import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import { publicKeyOf } from '../flows/jwt-bearer.ts';
import type { OAuthPorts } from '../ports.ts';
import { defineApp } from '../prepare.ts';
import { ALL_SCOPES } from '../scopes.ts';

const Certificate = z.string().refine((pem) => {
  try {
    return publicKeyOf(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}, 'must be the PEM of an RSA certificate or public key');

const Definition = z.strictObject({
  name: z.string().min(1).max(80),
  clientSecret: z.string().min(1).optional(),
  callbackUrls: z.array(z.url()).default([]),
  scopes: z
    .array(z.string().refine((scope) => ALL_SCOPES.includes(scope), 'is no scope'))
    .optional(),
  pkceRequired: z.boolean().optional(),
  certificate: Certificate.optional(),
  approvedUsers: z.array(z.string()).optional(),
  adminApprovedOnly: z.boolean().optional(),
  runAsUsername: z.string().optional(),
  rotatesRefreshTokens: z.boolean().optional(),
  refreshTokenLifetimeSeconds: z.number().int().min(1).optional(),
  sessionTimeoutSeconds: z.number().int().min(1).optional(),
  jwtAccessTokens: z.boolean().optional(),
  refreshTokenIdleSeconds: z.number().int().min(1).optional(),
});

/** PUT /admin/connected-apps/{consumer key}: makes a connected app, or brings it to these settings. */
export function putConnectedApp(ports: Pick<OAuthPorts, 'pool' | 'clock'>) {
  return async (request: Request, response: Response): Promise<void> => {
    const parsed = Definition.safeParse(request.body);
    if (!parsed.success) {
      const faults = parsed.error.issues.map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      );
      throw new SalesforceError(
        'JSON_PARSER_ERROR',
        `The connected app cannot be made. ${faults.join('; ')}`,
      );
    }
    const { clientSecret, ...rest } = parsed.data;
    const given = Object.entries(rest).filter(([, value]) => value !== undefined);
    const app = await defineApp(ports, {
      name: rest.name,
      callbackUrls: rest.callbackUrls,
      ...Object.fromEntries(given),
      clientId: String(request.params['clientId']),
      clientSecret,
    });
    response.json({
      clientId: app.clientId,
      name: app.name,
      callbackUrls: app.callbackUrls,
      scopes: app.scopes,
    });
  };
}

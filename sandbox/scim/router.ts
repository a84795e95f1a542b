import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { requireApi, requirePermission } from '../access/require.ts';
import { countCall } from '../count-call.ts';
import { API_VERSION_MAX, BODY_BYTES_MAX } from '../limits.ts';
import { openGrant, openRefreshToken } from '../oauth/issue.ts';
import { CLI_CLIENT_ID } from '../oauth/prepare.ts';
import { oauthPorts } from '../oauth/router.ts';
import { findApp } from '../oauth/store/apps.ts';
import type { Org } from '../org.ts';
import { changeOrigin } from '../records/origin.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';

const USERS = '/services/scim/v1/Users';
/** With this header set the answer carries a refresh token of the new user, in a header of the same name. */
const AUTO_APPROVE = 'auto-approve-user';

const Value = z.union([
  z.string(),
  z.object({ value: z.string() }).transform(({ value }) => value),
]);
const NewUser = z.object({
  username: z.string().optional(),
  userName: z.string().optional(),
  emails: z.tuple([Value], Value),
  name: z.object({ familyName: z.string(), givenName: z.string().optional() }),
  nickName: z.string().optional(),
  entitlements: z.tuple([Value], Value),
});
type NewUser = z.infer<typeof NewUser>;

/** A new user speaks and reckons as whoever makes him does. */
const OF_CREATOR = `/* creator of a user */
select timezonesidkey as "TimeZoneSidKey", localesidkey as "LocaleSidKey",
       emailencodingkey as "EmailEncodingKey", languagelocalekey as "LanguageLocaleKey"
  from org."user" where id = $1`;
const Creator = z.array(z.record(z.string(), z.string()));
const ALIAS_CHARACTERS_MAX = 8;

/** Making users by SCIM, as the `sf` command line does (`org create user`). */
export function createScimRouter(org: Org, authenticator: Authenticator): Router {
  const router = Router();
  const json = express.json({ limit: BODY_BYTES_MAX, type: () => true });
  router.use('/services/scim', requireSession(authenticator), requireApi(org), countCall(org));
  router.post(USERS, requirePermission(org, 'ManageUsers'), json, async (request, response) => {
    const parsed = NewUser.safeParse(request.body);
    if (!parsed.success) throw new SalesforceError('INVALID_INPUT', z.prettifyError(parsed.error));
    const { id, username } = await createUser(org, request, parsed.data);
    if (request.headers[AUTO_APPROVE] === 'true')
      response.set(AUTO_APPROVE, await approvedToken(org, sessionOf(request).clientId, id));
    response.status(201).json({ schemas: ['urn:scim:schemas:core:1.0'], id, userName: username });
  });
  router.use('/services/scim', () => {
    throw notBuilt('SCIM but for making users by POST /services/scim/v1/Users');
  });
  router.use('/services/scim', answerScimErrors);
  return router;
}

async function createUser(
  org: Org,
  request: Request,
  { username, userName, emails, name, nickName, entitlements }: NewUser,
): Promise<{ readonly id: string; readonly username: string }> {
  const session = sessionOf(request);
  const { rows } = await org.pool.query(OF_CREATOR, [session.userId]);
  const wanted = username ?? userName ?? '';
  const seen = await org.seenBy(session);
  const [result] = await seen.records.create(
    {
      session,
      origin: changeOrigin('rest', `${API_VERSION_MAX}.0`, request.headers),
      allOrNone: true,
    },
    'User',
    [
      {
        ...Creator.parse(rows)[0],
        Username: wanted,
        Email: emails[0],
        LastName: name.familyName,
        ...(name.givenName === undefined ? {} : { FirstName: name.givenName }),
        ...(nickName === undefined ? {} : { CommunityNickname: nickName }),
        Alias: name.familyName.slice(0, ALIAS_CHARACTERS_MAX),
        ProfileId: entitlements[0],
        IsActive: true,
      },
    ],
  );
  if (result?.id == null) throw result?.errors[0] ?? new SalesforceError('UNKNOWN_EXCEPTION', '');
  return { id: result.id, username: wanted };
}

/** What lets the command line act as the user it has made. One transaction: no grant without its token. */
async function approvedToken(org: Org, clientId: string | null, userId: string): Promise<string> {
  const ports = oauthPorts(org);
  const [app, user] = await Promise.all([
    findApp(org.pool, clientId ?? CLI_CLIENT_ID),
    ports.directory.findUserById(userId),
  ]);
  if (app === undefined || user === undefined)
    throw new SalesforceError('UNKNOWN_EXCEPTION', 'the new user could not be approved');
  return inTransaction(org.pool, async (client) => {
    const scopes = ['api', 'web', 'refresh_token'];
    const grant = await openGrant(ports, client, { app, user, scopes });
    return openRefreshToken(ports, client, { app, grant });
  });
}

/** SCIM's shape of a refusal. */
function answerScimErrors(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (!(error instanceof SalesforceError) || response.headersSent) {
    next(error);
    return;
  }
  const { status } = error;
  response.status(status).json({ Errors: [{ description: messageOf(error), code: status }] });
}

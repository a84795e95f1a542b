import { z } from 'zod';

import { mayLogInFrom } from '../access/login-ranges.ts';
import { openSession } from '../oauth/issue.ts';
import type { OrgUser } from '../oauth/ports.ts';
import { randomWord } from '../oauth/secrets.ts';
import { endSession } from '../oauth/sessions.ts';
import { findUserByPassword, setPassword } from '../oauth/users.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { NIL, textOf, type Xml } from './envelope.ts';
import { invalidLogin } from './fault.ts';
import { required, sessionOf, type Operation, type SoapRequest } from './operation.ts';

/** Salesforce: the length of a password it makes up. */
const MADE_PASSWORD_CHARS = 16;

export const login: Operation = async (request) => {
  const { oauth, org, args, baseUrl, version, kind } = request;
  const user = await findUserByPassword(
    oauth,
    textOf(args['username']) ?? '',
    textOf(args['password']) ?? '',
  );
  if (user === undefined) throw invalidLogin();
  if (!(await mayLogInFrom(org.pool, user.profileId, request.address)))
    throw new SalesforceError(
      'LOGIN_DURING_RESTRICTED_DOMAIN',
      'User is not allowed to log in from this IP address',
    );
  const seen = await org.seenBy({ userId: user.id, profileId: user.profileId });
  if (!seen.permissions.has('ApiEnabled'))
    throw new SalesforceError('API_CURRENTLY_DISABLED', 'API is disabled for this User');
  const sessionId = await openSession(oauth, oauth.pool, { kind: 'soap', user });
  const org15 = org.orgId.slice(0, 15);
  return {
    metadataServerUrl: `${baseUrl}/services/Soap/m/${version}/${org15}`,
    passwordExpired: false,
    sandbox: false,
    serverUrl: `${baseUrl}/services/Soap/${kind}/${version}/${org15}`,
    sessionId,
    userId: user.id,
    userInfo: await userInfo(request, user),
  };
};

export const logout: Operation = async (request) => {
  await endSession(request.oauth, sessionOf(request).accessToken);
  return undefined;
};

export const getUserInfo: Operation = async (request) => {
  const user = await request.oauth.directory.findUserById(sessionOf(request).userId);
  if (user === undefined)
    throw new SalesforceError('INVALID_SESSION_ID', 'Session expired or invalid');
  return userInfo(request, user);
};

export const getServerTimestamp: Operation = async (request) => {
  sessionOf(request);
  await Promise.resolve();
  return { timestamp: new Date(request.org.clock.now()).toISOString() };
};

/** Who manages users may set anyone's password, others their own. */
export const changePassword: Operation = async (request) => {
  const user = await getTarget(request);
  await setPassword(request.oauth, user.username, required(request.args, 'password'));
  return '';
};

export const resetPassword: Operation = async (request) => {
  const user = await getTarget(request);
  const password = randomWord().slice(0, MADE_PASSWORD_CHARS);
  await setPassword(request.oauth, user.username, password);
  return { password };
};

async function getTarget(request: SoapRequest): Promise<OrgUser> {
  const session = sessionOf(request);
  const user = await request.oauth.directory.findUserById(required(request.args, 'userId'));
  if (user === undefined)
    throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  if (user.id !== session.userId && !request.org.permissions.has('ManageUsers')) {
    throw new SalesforceError(
      'INSUFFICIENT_ACCESS',
      'insufficient access rights on cross-reference id',
    );
  }
  return user;
}

const Organization = z.object({ name: z.string(), locale: z.string().nullable() });

async function userInfo({ org, oauth }: SoapRequest, user: OrgUser): Promise<Xml> {
  const { rows } = await org.pool.query(
    '/* organizationName */ select name, defaultlocalesidkey as locale from org.organization where id = $1',
    [org.orgId],
  );
  const organization = z.array(Organization).parse(rows)[0];
  return {
    accessibilityMode: false,
    chatterExternal: false,
    currencySymbol: '$',
    orgAttachmentFileSizeLimit: 5_242_880,
    orgDefaultCurrencyIsoCode: 'USD',
    orgDefaultCurrencyLocale: organization?.locale ?? 'en_US',
    orgDisallowHtmlAttachments: false,
    orgHasPersonAccounts: false,
    organizationId: org.orgId,
    organizationMultiCurrency: false,
    organizationName: organization?.name ?? '',
    profileId: user.profileId,
    roleId: NIL,
    sessionSecondsValid: Math.ceil(oauth.settings.sessionTimeoutMs / 1000),
    userDefaultCurrencyIsoCode: NIL,
    userEmail: user.email,
    userFullName: user.name,
    userId: user.id,
    userLanguage: user.language,
    userLocale: user.locale,
    userName: user.username,
    userTimeZone: user.timeZone,
    userType: user.userType,
    userUiSkin: 'Theme3',
  };
}

import type { Request, Response } from 'express';

import { tokenOf } from '../../session.ts';
import { baseUrlOf } from '../base-url.ts';
import { identityUrl } from '../issue.ts';
import type { OAuthPorts, OrgUser } from '../ports.ts';
import { findActiveSession } from '../sessions.ts';
import { queryOf } from './parameters.ts';

/** GET /services/oauth2/userinfo (OpenID Connect's words for a user). */
export function userInfo(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const user = await findCaller(ports, request, response);
    if (user === undefined) return;
    const { orgId } = ports.directory;
    const baseUrl = baseUrlOf(request);
    response.json({
      sub: identityUrl(baseUrl, orgId, user.id),
      user_id: user.id,
      organization_id: orgId,
      preferred_username: user.username,
      nickname: user.nickname,
      name: user.name,
      email: user.email,
      email_verified: true,
      given_name: user.firstName,
      family_name: user.lastName,
      zoneinfo: user.timeZone,
      photos: photos(baseUrl),
      profile: `${baseUrl}/${user.id}`,
      picture: `${baseUrl}/profilephoto/005/F`,
      address: addressOf(user),
      is_salesforce_integration_user: false,
      urls: urls(baseUrl, orgId, user.id),
      active: user.active,
      user_type: user.userType.toUpperCase(),
      language: user.language,
      locale: user.locale,
      utcOffset: utcOffsetMs(user.timeZone, ports.clock.now()),
      updated_at: user.modifiedAt.toISOString(),
    });
  };
}

/** GET /id/{org}/{user}: Salesforce's own words for a user. Only the user himself is shown to a token. */
export function identity(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const user = await findCaller(ports, request, response);
    if (user === undefined) return;
    const { orgId } = ports.directory;
    const { org, user: asked } = request.params;
    if (!sameId(orgId, org) || !sameId(user.id, asked)) {
      response.status(403).type('text/plain').send('Wrong_Org');
      return;
    }
    const baseUrl = baseUrlOf(request);
    response.json({
      // As in Salesforce, the identity itself is always named by https, however it was reached.
      id: identityUrl(baseUrl.replace(/^http:/, 'https:'), orgId, user.id),
      asserted_user: true,
      user_id: user.id,
      organization_id: orgId,
      username: user.username,
      nick_name: user.nickname,
      display_name: user.name,
      email: user.email,
      email_verified: true,
      first_name: user.firstName,
      last_name: user.lastName,
      timezone: user.timeZone,
      photos: photos(baseUrl),
      addr_street: user.street,
      addr_city: user.city,
      addr_state: user.state,
      addr_country: user.country,
      addr_zip: user.postalCode,
      mobile_phone: user.mobilePhone,
      mobile_phone_verified: false,
      is_lightning_login_user: false,
      status: { created_date: null, body: null },
      urls: urls(baseUrl, orgId, user.id),
      active: user.active,
      user_type: user.userType.toUpperCase(),
      language: user.language,
      locale: user.locale,
      utcOffset: utcOffsetMs(user.timeZone, ports.clock.now()),
      last_modified_date: user.modifiedAt.toISOString(),
      is_app_installed: true,
    });
  };
}

/** Both endpoints refuse in plain words, with 403, unlike the REST API. */
async function findCaller(
  ports: OAuthPorts,
  request: Request,
  response: Response,
): Promise<OrgUser | undefined> {
  const token =
    tokenOf(request) ?? queryOf(request)['oauth_token'] ?? queryOf(request)['access_token'];
  if (token === undefined) {
    response.status(403).type('text/plain').send('Missing_OAuth_Token');
    return undefined;
  }
  const found = await findActiveSession(ports, token);
  if (found === undefined) {
    response.status(403).type('text/plain').send('Bad_OAuth_Token');
    return undefined;
  }
  return found.user;
}

/** 15 and 18 characters name the same record. */
function sameId(id: string, asked: unknown): boolean {
  return typeof asked === 'string' && (asked === id || asked === id.slice(0, 15));
}

function photos(baseUrl: string): Readonly<Record<string, string>> {
  return { picture: `${baseUrl}/profilephoto/005/F`, thumbnail: `${baseUrl}/profilephoto/005/T` };
}

function addressOf(user: OrgUser): Readonly<Record<string, string>> {
  const parts = {
    street_address: user.street,
    locality: user.city,
    region: user.state,
    postal_code: user.postalCode,
    country: user.country,
  };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, part]) => (part === null ? [] : [[name, part]])),
  );
}

/** `{version}` is the client's to fill in. */
function urls(baseUrl: string, orgId: string, userId: string): Readonly<Record<string, string>> {
  return {
    enterprise: `${baseUrl}/services/Soap/c/{version}/${orgId}`,
    metadata: `${baseUrl}/services/Soap/m/{version}/${orgId}`,
    partner: `${baseUrl}/services/Soap/u/{version}/${orgId}`,
    rest: `${baseUrl}/services/data/v{version}/`,
    sobjects: `${baseUrl}/services/data/v{version}/sobjects/`,
    search: `${baseUrl}/services/data/v{version}/search/`,
    query: `${baseUrl}/services/data/v{version}/query/`,
    recent: `${baseUrl}/services/data/v{version}/recent/`,
    tooling_soap: `${baseUrl}/services/Soap/T/{version}/${orgId}`,
    tooling_rest: `${baseUrl}/services/data/v{version}/tooling/`,
    profile: `${baseUrl}/${userId}`,
    feeds: `${baseUrl}/services/data/v{version}/chatter/feeds`,
    groups: `${baseUrl}/services/data/v{version}/chatter/groups`,
    users: `${baseUrl}/services/data/v{version}/chatter/users`,
    feed_items: `${baseUrl}/services/data/v{version}/chatter/feed-items`,
    feed_elements: `${baseUrl}/services/data/v{version}/chatter/feed-elements`,
    custom_domain: baseUrl,
  };
}

/** The zone's standard offset, as Salesforce gives it: the lesser of January's and July's. */
function utcOffsetMs(timeZone: string, now: number): number {
  const year = new Date(now).getUTCFullYear();
  return Math.min(...[0, 6].map((month) => offsetAt(timeZone, new Date(Date.UTC(year, month, 1)))));
}

function offsetAt(timeZone: string, date: Date): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const match = /^GMT([+-])(\d\d):(\d\d)$/.exec(name ?? '');
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000;
}

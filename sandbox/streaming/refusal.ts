import type { ServerMessage } from 'cometd-nodejs-server';

/** Why a message is not served, in Salesforce's words, and what the client should do. */
export interface Refusal {
  readonly error: string;
  readonly reconnect: 'none' | 'handshake' | 'retry';
}

export const AUTHENTICATION_INVALID: Refusal = {
  error: '401::Authentication invalid',
  reconnect: 'none',
};
export const AUTHENTICATION_REQUIRED: Refusal = {
  error: '401::Request requires authentication',
  reconnect: 'none',
};
export const API_DISABLED: Refusal = {
  error: '403::API is disabled for this User',
  reconnect: 'none',
};
export const UNKNOWN_CLIENT: Refusal = { error: '403::Unknown client', reconnect: 'handshake' };
export const TOO_MANY_CLIENTS: Refusal = {
  error: '403::Organization concurrent user limit exceeded',
  reconnect: 'none',
};
export const TOO_MANY_EVENTS: Refusal = {
  error: '403::Organization total events daily limit exceeded',
  reconnect: 'none',
};
export const INVALID_CONNECTION_TYPE: Refusal = {
  error: '400::Invalid connection type',
  reconnect: 'none',
};
export const VERSION_MISSING: Refusal = {
  error: "400::API version in the URI is mandatory. URI format: '/cometd/NN.0'",
  reconnect: 'none',
};
export const VERSION_UNSUPPORTED: Refusal = {
  error: "400::Unsupported API version. Only API versions '37.0' and later are supported.",
  reconnect: 'none',
};

export function cookieMissing(clientId: string, cookie: string): Refusal {
  return {
    error: `400::Client ${clientId} has established a session, but no cookie ${cookie} is present`,
    reconnect: 'handshake',
  };
}

export function channelMissing(channel: string): Refusal {
  return {
    error: `400::The channel you requested to subscribe to doesn't exist {${channel}}`,
    reconnect: 'retry',
  };
}

/** Writes a refusal into a reply. At the handshake Salesforce says why in `ext`, for all that concerns who is asking. */
export function refuse(reply: ServerMessage, refusal: Refusal): void {
  reply.successful = false;
  const { reconnect } = refusal;
  if (reply.channel === '/meta/handshake' && /^40[13]::/.test(refusal.error)) {
    reply.error = '403::Handshake denied';
    reply.ext = { sfdc: { failureReason: refusal.error }, replay: true, 'payload.format': true };
  } else {
    reply.error = refusal.error;
  }
  if (reply.channel === '/meta/handshake' || reply.channel === '/meta/connect') {
    reply.advice = reconnect === 'none' ? { reconnect } : { reconnect, interval: 0 };
  }
}

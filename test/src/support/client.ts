import type express from 'express';
import request from 'supertest';

/** Requests to the API with a token. */
export function clientOf(api: express.Express, token: string) {
  const send =
    (method: 'get' | 'post' | 'patch' | 'put' | 'delete') => (path: string, body?: object) => {
      const made = request(api)[method](path).auth(token, { type: 'bearer' });
      return body === undefined ? made : made.send(body);
    };
  return {
    get: send('get'),
    post: send('post'),
    patch: send('patch'),
    put: send('put'),
    delete: send('delete'),
  };
}

export type Client = ReturnType<typeof clientOf>;

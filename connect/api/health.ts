import type { Request, Response } from 'express';

import type { Api } from './context.ts';

/** 200 while Connect can work: its own database answers. What single connections lack is told by their states. */
export function health({ registry }: Pick<Api, 'registry'>) {
  return async (_request: Request, response: Response): Promise<void> => {
    const database = await registry.ping().then(
      () => 'ready',
      () => 'away',
    );
    const ready = database === 'ready';
    response
      .status(ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ state: ready ? 'ready' : 'waiting', parts: { database } });
  };
}

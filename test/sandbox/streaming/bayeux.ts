import { z } from 'zod';

const Reply = z.looseObject({
  channel: z.string(),
  clientId: z.string().optional(),
  successful: z.boolean().optional(),
  error: z.string().optional(),
  data: z.json().optional(),
});
export type Reply = z.infer<typeof Reply>;

/** A CometD client that says exactly what a test wants said. */
export class Bayeux {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  clientId: string | undefined;

  constructor(url: string, token: string | undefined) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `OAuth ${token}` };
  }

  async send(...messages: readonly Readonly<Record<string, unknown>>[]): Promise<readonly Reply[]> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/json' },
      body: JSON.stringify(
        messages.map((message) => ({ id: '1', clientId: this.clientId, ...message })),
      ),
    });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return z.array(Reply).parse(await response.json());
  }

  /** One message, and the reply to it. */
  async ask(message: Readonly<Record<string, unknown>>): Promise<Reply> {
    const replies = await this.send(message);
    const reply = replies.find(({ channel }) => channel === message['channel']);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  async handshake(): Promise<Reply> {
    const reply = await this.ask({
      channel: '/meta/handshake',
      version: '1.0',
      supportedConnectionTypes: ['long-polling'],
    });
    this.clientId = reply.clientId;
    return reply;
  }

  async subscribe(channel: string, replay?: unknown): Promise<Reply> {
    return this.ask({
      channel: '/meta/subscribe',
      subscription: channel,
      ...(replay === undefined ? {} : { ext: { replay: { [channel]: replay } } }),
    });
  }

  /** One poll: the data of what came. */
  async poll(): Promise<readonly unknown[]> {
    const replies = await this.send({ channel: '/meta/connect', connectionType: 'long-polling' });
    return replies.flatMap(({ channel, data }) => (channel.startsWith('/meta/') ? [] : [data]));
  }
}

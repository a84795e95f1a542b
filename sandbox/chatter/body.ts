import { z } from 'zod';

import { notBuilt, SalesforceError } from '../salesforce-error.ts';

const Segment = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Text'), text: z.string() }),
  z.object({ type: z.literal('Hashtag'), tag: z.string().min(1) }),
  z.object({ type: z.literal('Link'), url: z.url() }),
]);
const Typed = z.object({ type: z.string() });
const Message = z.object({ body: z.object({ messageSegments: z.array(z.unknown()).min(1) }) });

export interface ShownBody {
  readonly isRichText: boolean;
  readonly messageSegments: readonly Readonly<Record<string, unknown>>[];
  readonly text: string | null;
}

/** The text of a body in a request. @throws SalesforceError for segments that are malformed or not built */
export function readBody(request: unknown): string {
  const parsed = Message.safeParse(request);
  if (!parsed.success) {
    throw new SalesforceError('JSON_PARSER_ERROR', 'The request must hold body.messageSegments');
  }
  return parsed.data.body.messageSegments.map(segmentText).join('');
}

function segmentText(given: unknown): string {
  const parsed = Segment.safeParse(given);
  if (!parsed.success) {
    const type = Typed.safeParse(given).data?.type;
    if (type !== undefined && !['Text', 'Hashtag', 'Link'].includes(type))
      throw notBuilt(`message segments of type ${type}`);
    throw new SalesforceError('JSON_PARSER_ERROR', 'A message segment is malformed');
  }
  const segment = parsed.data;
  if (segment.type === 'Text') return segment.text;
  return segment.type === 'Hashtag' ? `#${segment.tag}` : segment.url;
}

/** A stored text as a body: one segment of text. */
export function showBody(text: string | null): ShownBody {
  return {
    isRichText: false,
    messageSegments: text === null ? [] : [{ htmlText: null, text, type: 'Text' }],
    text,
  };
}

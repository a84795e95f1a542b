import { H_CODES, type HCode } from './errors.ts';

/** What is told of a request when it is over. */
export interface Outcome {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly requestId: string;
  readonly forwardedFor: string;
  readonly dyno: string | undefined;
  readonly connectMs: number | undefined;
  readonly serviceMs: number | undefined;
  readonly status: number;
  readonly bytes: number | undefined;
  readonly secure: boolean;
  readonly code: HCode | undefined;
}

/** Whose connection ended too early, where that is what happened. */
const SOCKETS: Readonly<Partial<Record<HCode, 'client' | 'backend'>>> = {
  H18: 'backend',
  H27: 'client',
};

/** The router's line, word for word in Heroku's format. */
export function routerLine(outcome: Outcome): string {
  const { code, dyno, connectMs, serviceMs, bytes } = outcome;
  return [
    ...start(code),
    `method=${outcome.method}`,
    `path="${quotable(outcome.path)}"`,
    `host=${outcome.host}`,
    `request_id=${outcome.requestId}`,
    `fwd="${quotable(outcome.forwardedFor)}"`,
    `dyno=${dyno ?? ''}`,
    `connect=${connectMs === undefined ? '' : `${connectMs}ms`}`,
    `service=${serviceMs === undefined ? '' : `${serviceMs}ms`}`,
    `status=${outcome.status}`,
    `bytes=${bytes ?? ''}`,
    `protocol=${outcome.secure ? 'https' : 'http'}`,
  ].join(' ');
}

function start(code: HCode | undefined): readonly string[] {
  if (code === undefined) return ['at=info'];
  const socket = SOCKETS[code];
  const level = code === 'H27' ? 'warning' : code === 'H80' || code === 'H81' ? 'info' : 'error';
  return [
    ...(socket === undefined ? [] : [`sock=${socket}`]),
    `at=${level}`,
    `code=${code}`,
    `desc="${H_CODES[code]}"`,
  ];
}

/** A quote would end the field early, for whoever reads the line by program. */
function quotable(text: string): string {
  return text.replaceAll('"', '%22');
}

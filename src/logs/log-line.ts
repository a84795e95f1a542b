/** One line of an app's log. `app` speaks for the app's own processes and its API calls, `heroku` for the platform. */
export interface LogLine {
  /** Microseconds since the Unix epoch; grows from line to line of an app. */
  readonly at: number;
  readonly source: 'app' | 'heroku';
  /** `web.1`, `router`, `api`, ... */
  readonly process: string;
  readonly text: string;
}

/** `2025-01-01T00:00:00.000000+00:00 app[web.1]: text`, as `heroku logs` prints it. */
export function formatLogLine({ at, source, process, text }: LogLine): string {
  const millis = new Date(Math.floor(at / 1_000)).toISOString().slice(0, -1);
  const micros = String(at % 1_000).padStart(3, '0');
  return `${millis}${micros}+00:00 ${source}[${process}]: ${text}`;
}

export function parseLogLine(line: string): LogLine | undefined {
  const match = FORMAT.exec(line);
  if (match === null) return undefined;
  const [, millis = '', micros = '', source, process = '', text = ''] = match;
  const at = Date.parse(`${millis}Z`) * 1_000 + Number(micros);
  return source === 'app' || source === 'heroku' ? { at, source, process, text } : undefined;
}

const FORMAT =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d{3})\+00:00 (app|heroku)\[([^\]]+)\]: (.*)$/s;

export interface LogFilter {
  readonly source: string | null;
  /** A process (`web.1`) or all of a type (`web`). */
  readonly dyno: string | null;
}

export function passes({ source, process }: LogLine, filter: LogFilter): boolean {
  if (filter.source !== null && filter.source !== source) return false;
  return filter.dyno === null || process === filter.dyno || process.startsWith(`${filter.dyno}.`);
}

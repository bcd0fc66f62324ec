// One HTTP request to the appliance's API. What goes wrong comes back as ApiError with a sentence that says what to do.

export type FailureKind = 'offline' | 'login' | 'unclaimed' | 'refused' | 'busy' | 'server' | 'missing';

export class ApiError extends Error {
  readonly kind: FailureKind;
  readonly status: number;

  constructor(kind: FailureKind, message: string, status = 0) {
    super(message);
    this.name = 'ApiError';
    this.kind = kind;
    this.status = status;
  }
}

/** A busy appliance answers late rather than never; the caller shows after ten seconds that it waits, and the stream detects a dead line. */
const TIMEOUT_MS = 120_000;
/** Nobody presses a button and waits for longer. */
const ORDER_MS = 30_000;

interface Answer {
  readonly tag: string;
  readonly value: unknown;
}

/** Of lists that are asked for again and again: what has not changed is not sent again. The most recently requested is last. */
const answers = new Map<string, Answer>();
/** Answers kept for their ETag; the one asked for longest ago goes. */
const MAX_ANSWERS = 12;

type Asked = { readonly value: unknown } | { readonly thrown: unknown };

/** Asked for before the view that shows it is there; that view's first question takes the answer, or hears of the failure. */
const ahead = new Map<string, Promise<Asked>>();

export function askAhead(path: string, query: Query): void {
  const whole = path + search(query);
  const asked = send('GET', whole, undefined, TIMEOUT_MS).then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  ahead.clear();
  ahead.set(whole, asked);
}

/** The caller names the type that the API's schema promises for `path`. */
export async function get<T>(path: string, query: Query = {}, timeoutMs = TIMEOUT_MS): Promise<T> {
  const whole = path + search(query);
  const asked = ahead.get(whole);
  ahead.delete(whole);
  const known = await asked;
  if (known === undefined) return (await send('GET', whole, undefined, timeoutMs)) as T;
  if ('thrown' in known) throw known.thrown;
  return known.value as T;
}

/** Nothing of one log-in is shown to the next. */
export function forgetAnswers(): void {
  answers.clear();
  ahead.clear();
}

export async function post<T>(path: string, body: object): Promise<T> {
  return (await send('POST', path, body, ORDER_MS)) as T;
}

export async function remove(path: string): Promise<void> {
  await send('DELETE', path, undefined, ORDER_MS);
}

type Query = Readonly<Record<string, string | undefined>>;

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, value);
  return parameters.size > 0 ? `?${parameters.toString()}` : '';
}

async function send(method: string, path: string, body: object | undefined, timeoutMs: number): Promise<unknown> {
  const known = method === 'GET' ? answers.get(path) : undefined;
  const response = await reach(method, path, timeoutMs, body, known?.tag);
  if (response.status === 304 && known !== undefined) return keep(path, known);
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined;
  const value: unknown = await response.json().catch(() => {
    throw new ApiError(
      'server',
      'The appliance answered with something that is not JSON. Reload the page.',
      response.status,
    );
  });
  const tag = response.headers.get('etag');
  return method === 'GET' && tag !== null ? keep(path, { tag, value }) : value;
}

function keep(path: string, answer: Answer): unknown {
  answers.delete(path);
  answers.set(path, answer);
  const [oldest] = answers.keys();
  if (answers.size > MAX_ANSWERS && oldest !== undefined) answers.delete(oldest);
  return answer.value;
}

async function reach(
  method: string,
  path: string,
  timeoutMs: number,
  body: object | undefined,
  knownTag: string | undefined,
): Promise<Response> {
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(timeoutMs),
  };
  if (knownTag !== undefined) init.headers = { 'if-none-match': knownTag };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }
  try {
    return await fetch(path, init);
  } catch (thrown) {
    const late = thrown instanceof DOMException && thrown.name === 'TimeoutError';
    const what = late ? `did not answer within ${timeoutMs / 1000} s` : 'cannot be reached';
    throw new ApiError(
      'offline',
      `The appliance ${what}. Whether capture goes on is not known here; it does not depend on this page.`,
    );
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const { code, text: said } = await errorOf(response);
  const { status } = response;
  if (code === 'UNCLAIMED') return new ApiError('unclaimed', said, status);
  if (status === 401) return new ApiError('login', said || 'Please log in.', status);
  if (status === 429) return new ApiError('busy', said || 'Too many requests. Wait a minute, then try again.', status);
  if (status === 404)
    return new ApiError('missing', said || 'The appliance does not know this. It may have been deleted.', status);
  if (status >= 500) return new ApiError('server', said || `The appliance failed to answer (HTTP ${status}).`, status);
  return new ApiError('refused', said || `The appliance refused the request (HTTP ${status}).`, status);
}

/** Code and `error` or `message` text of the API's JSON error body, else nothing. */
async function errorOf(response: Response): Promise<{ readonly code: string; readonly text: string }> {
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) return { code: '', text: '' };
  const { code, message, error } = body as { code?: unknown; message?: unknown; error?: unknown };
  const text = typeof message === 'string' ? message : typeof error === 'string' ? error : '';
  return { code: typeof code === 'string' ? code : '', text };
}

// The user's session: the access token in memory, the refresh token in a cookie that no script sees, as OpenEverest has it.

/** What a page has to remember: whether asking for a new session is worth it. */
const SIGNED_IN = 'everestShellSignedIn';
/** How long before its end a token is renewed. */
const EARLY = 30_000;

let access = '';
let ends = 0;
let listener: (signedIn: boolean) => void = () => {};

export const token = (): string => access;

/** Is told when a session begins or ends. */
export function onChange(told: (signedIn: boolean) => void): void {
  listener = told;
}

async function ask(body: Record<string, string>): Promise<{ status: number; message: string }> {
  const answer = await fetch('/v1/auth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, refresh_token_delivery: 'cookie' }),
  });
  const content = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok && typeof content['access_token'] === 'string') {
    access = content['access_token'];
    ends = Date.now() + Number(content['expires_in'] ?? 900) * 1000;
    localStorage.setItem(SIGNED_IN, 'yes');
  }
  return { status: answer.status, message: String(content['message'] ?? `the host returned ${answer.status}`) };
}

/** Signs in; gives what is wrong. */
export async function signIn(username: string, password: string): Promise<string | undefined> {
  try {
    const { status, message } = await ask({ grant_type: 'password', username, password });
    if (status !== 200) return message;
  } catch {
    return 'could not connect to the host';
  }
  listener(true);
  return undefined;
}

async function renew(): Promise<boolean> {
  // Each refresh token is good for one use, and the tabs of a browser share it.
  const once = async (): Promise<boolean> => (await ask({ grant_type: 'refresh_token' })).status === 200;
  return navigator.locks ? navigator.locks.request('everest-refresh', once) : once();
}

/** Continues the session of an earlier page, if there is one. */
export async function resume(): Promise<boolean> {
  if (localStorage.getItem(SIGNED_IN) === null) return false;
  const resumed = await renew().catch(() => false);
  if (!resumed) localStorage.removeItem(SIGNED_IN);
  return resumed;
}

export async function signOut(): Promise<void> {
  const headers = { 'content-type': 'application/json', Authorization: `Bearer ${access}` };
  await fetch('/v1/auth/revoke', { method: 'POST', headers, body: '{}' }).catch(() => {});
  forget();
}

function forget(): void {
  access = '';
  localStorage.removeItem(SIGNED_IN);
  listener(false);
}

/** Renews the token in time, for bundles that only have what is there. Returns what stops it. */
export function keepFresh(): () => void {
  const timer = setInterval(() => {
    if (access && Date.now() > ends - EARLY) void renew().then((renewed) => renewed || forget(), () => {});
  }, 5000);
  return () => clearInterval(timer);
}

/** A request of the shell itself. */
export async function get<T>(path: string): Promise<T> {
  const send = (): Promise<Response> => fetch(path, { headers: { Authorization: `Bearer ${access}` } });
  let answer = await send();
  if (answer.status === 401 && (await renew())) answer = await send();
  if (answer.status === 401) forget();
  if (!answer.ok) {
    const content = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    throw new Error(String(content['message'] ?? `the host returned ${answer.status} for ${path}`));
  }
  return (await answer.json()) as T;
}

// Network faults on demand, to see what a bundle does when its backend fails.

export const FAULTS = ['none', 'slow', '401', '403', '502', 'offline'] as const;
export type Fault = (typeof FAULTS)[number];

export const FAULT_LABELS: Record<Fault, string> = {
  none: 'none',
  slow: 'slow (3 s)',
  '401': '401 session expired',
  '403': '403 not allowed',
  '502': '502 backend is down',
  offline: 'connection lost',
};

const SLOW = 3000;

/** Sends a request with the fault that is wanted. The bodies are those of the host. */
export async function withFault(fault: Fault, send: () => Promise<Response>): Promise<Response> {
  const failed = (status: number, body: unknown): Response =>
    new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
  switch (fault) {
    case 'slow':
      await new Promise((done) => setTimeout(done, SLOW));
      return send();
    case '401':
      return failed(401, { message: 'invalid or expired jwt' });
    case '403':
      return failed(403, { message: 'insufficient permissions' });
    case '502':
      return failed(502, undefined);
    case 'offline':
      throw new TypeError('Failed to fetch');
    default:
      return send();
  }
}

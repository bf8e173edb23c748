// The process: where it listens, and how it ends.
import { createAdaptorServer } from '@hono/node-server';
import { askingEverest, service } from './service.js';

const stopping = new AbortController();
const server = createAdaptorServer(service(askingEverest(process.env['EVEREST_API_URL'] ?? ''), stopping.signal));
// The development host hands over a socket that listens already.
if (process.env['LISTEN_FDS']) {
  server.listen({ fd: 3 });
} else {
  server.listen(Number(process.env['PORT'] ?? <<port>>), process.env['HOST'] ?? '127.0.0.1');
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // What runs is finished, and nothing new is taken.
  process.once(signal, () => {
    stopping.abort();
    server.close(() => process.exit(0));
  });
}

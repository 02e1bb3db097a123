import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { extname, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from '../support/certificates.ts';

export type Site = { readonly port: number; stop(): void };

const FOLDER = join(import.meta.dirname, 'page');
const FILES = ['/index.html', '/main.js', '/api.js', '/view.js'];
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

const servePage: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  const file = pathname === '/' ? '/index.html' : pathname;
  if (!FILES.includes(file)) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(file)] }).end(readFileSync(join(FOLDER, file)));
};

/** Serves the front end; over HTTPS with a certificate. */
export const startSite = (certificate?: Certificate): Promise<Site> =>
  listening(certificate ? createHttpsServer(certificate, servePage) : createHttpServer(servePage));

/** Ends TLS in front of a server, like a proxy. It may be restarted meanwhile. */
export const startTlsProxy = (certificate: Certificate, serverPort: number): Promise<Site> =>
  listening(
    createTlsServer({ cert: certificate.cert, key: certificate.key, ALPNProtocols: ['http/1.1'] }, (near) => {
      const far = connect(serverPort, '127.0.0.1');
      for (const [end, other] of [
        [near, far],
        [far, near],
      ] as const)
        end.on('error', () => other.destroy()).on('close', () => other.destroy());
      near.pipe(far).pipe(near);
    }),
  );

async function listening(server: Server): Promise<Site> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() };
}

import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import * as current from 'socket.io-client';
import * as old from 'socket.io-client-4.0';
import { type ClusterNode, type Node, startNode, startNodeHere } from '../cluster/node.ts';
import { migratedEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { freePort, type RunningProcess, startProcess } from '../support/processes.ts';
import { requirePythonSocketIo } from '../support/services.ts';
import { limitMs } from '../support/soak.ts';

const TRANSPORTS = ['websocket', 'polling'] as const;
const LIBRARIES = [current.io, old.io];
const SENDING_AT_ONCE = 5;
const LEAST_SENT = 20;
/** While the server is down, clients of Socket.IO wait up to 7.5 s before they try again. */
const BACK_WITHIN_MS = 20_000;
/** Much less than the 45 s after which a client detects by itself that nothing arrives any more. */
const NOTICED_WITHIN_MS = limitMs(2_000);

type Socket = Pick<current.Socket, 'connected' | 'on' | 'once' | 'emit' | 'disconnect'>;

describe('When a server is stopped under load and started again', function () {
  this.timeout(120_000);
  let env: Record<string, string>;
  let node: Node;
  let next: ClusterNode | undefined;
  let people: People;
  let remove: () => Promise<void>;
  const stops: (() => unknown)[] = [];
  beforeEach(async () => {
    const fresh = await migratedEnvironment('sqlite');
    remove = fresh.remove;
    env = { ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` };
    node = await startNode(env);
    people = new People(node.url, fresh.smtp);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    people?.closeClients();
    await node?.stop();
    await next?.stop();
    next = undefined;
    await remove?.();
  });

  /** A user who sends continuously until the connection is lost, and counts acknowledged messages. */
  async function sendContinuously(io: typeof current.io, transport: string) {
    const person = await people.signUp('sender');
    const { conversation_id } = await person.rest.ask('create_group', { name: 'Group', member_ids: [] });
    const options = { auth: { token: person.token }, transports: [transport], forceNew: true, reconnectionDelay: 100 };
    const socket: Socket = io(`${node.url}/chat`, options);
    stops.push(() => socket.disconnect());
    const busy = Promise.withResolvers<void>();
    const sender = { person, socket, busy: busy.promise, acknowledged: 0 };
    function send(): void {
      socket.emit('message', { conversation_id, content: 'Hello!' }, ({ ok }: { ok: boolean }) => {
        if (!ok) return; // the server is stopping
        sender.acknowledged += 1;
        if (sender.acknowledged === LEAST_SENT) busy.resolve();
        if (socket.connected) send();
      });
    }
    socket.once('connect', () => Array.from({ length: SENDING_AT_ONCE }, send));
    return sender;
  }

  it('every Socket.IO client of version 4.8 and 4.0 reconnects by itself, and has every acknowledgement', async () => {
    const senders = await Promise.all(
      LIBRARIES.flatMap((io) => TRANSPORTS.map((transport) => sendContinuously(io, transport))),
    );
    await Promise.all(senders.map(({ busy }) => busy));
    const stoppedAt = Date.now();
    const lost = senders.map(async ({ socket }) => {
      const [reason] = await once(socket as never, 'disconnect');
      return { reason, afterMs: Date.now() - stoppedAt };
    });
    await node.kill('SIGTERM');
    expect(await node.ended).to.equal(0);
    for (const { reason, afterMs } of await Promise.all(lost)) {
      expect(reason, 'for which a client tries again').to.be.oneOf(['transport close', 'transport error']);
      expect(afterMs).to.be.below(NOTICED_WITHIN_MS);
    }
    const back = senders.map(({ socket }) => once(socket as never, 'connect'));
    await node.restart(); // in the second that it takes, they try in vain
    expect(await Promise.race([Promise.all(back).then(() => 'all'), delay(BACK_WITHIN_MS, 'not all')])).to.equal('all');
    for (const { person, acknowledged } of senders) {
      const { conversations } = await person.rest.ask('list_conversations');
      expect(acknowledged, 'of all that was kept').to.equal(conversations[0].last_seq);
    }
  });

  it('python-socketio reconnects by itself, over each transport', async function () {
    const python = await requirePythonSocketIo(this);
    const { token } = await people.signUp('snake');
    const clients = await Promise.all(
      TRANSPORTS.map((transport): Promise<RunningProcess> => {
        const args = [join(import.meta.dirname, 'python_client.py'), node.url, token, transport];
        return startProcess(python, args, { ready: /^connect$/m });
      }),
    );
    stops.push(() => Promise.all(clients.map((client) => client.stop('SIGKILL'))));
    await node.kill('SIGTERM');
    next = await startNodeHere(env);
    const statesOf = (client: RunningProcess) => client.output().match(/^(connect|disconnect|given up)$/gm) ?? [];
    const until = Date.now() + BACK_WITHIN_MS;
    while (clients.some((client) => statesOf(client).length < 3) && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const [index, client] of clients.entries())
      expect(statesOf(client), TRANSPORTS[index]).to.deep.equal(['connect', 'disconnect', 'connect']);
  });
});

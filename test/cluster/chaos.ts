import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../support/clients.ts';
import { IS_SOAK } from '../support/soak.ts';
import type { Cluster, Member } from './cluster.ts';
import { type DisturbedNode, disturbancesOf } from './faults.ts';
import { Follower } from './follower.ts';
import { Ledger } from './ledger.ts';
import { randomOf } from './random.ts';
import { until } from './until.ts';

const PEOPLE = 9;
const GROUPS = 3;
const WIRES = ['raw', 'socketio', 'polling'] as const;
const GIVE_UP_MS = 40_000;
/** Temporary errors: a client calls again. */
const PASSING = new Set<unknown>(['database_unavailable', 'busy', 'shutting_down']);
const BETWEEN_FAULTS_MS = 700;
const LONGEST_FAULT_MS = 3_000;
/** Of one user. */
const LONGEST_BETWEEN_CALLS_MS = IS_SOAK ? 60 : 200;

/** Users who do everything at random, with nodes, Redis and PostgreSQL that fail at random: repeatable by the seed, as far as timing allows. */
export class Chaos {
  readonly ledger = new Ledger();
  readonly followers: Follower[];
  readonly counts: Record<string, number> = {};
  readonly #cluster: Cluster;
  readonly #nodes: readonly DisturbedNode[];
  readonly #groups: readonly number[];
  readonly #random: ReturnType<typeof randomOf>;
  readonly #acting: Promise<void>[];
  #over = false;

  static async begin(cluster: Cluster, nodes: readonly DisturbedNode[], seed: number): Promise<Chaos> {
    const members = await cluster.enroll(PEOPLE);
    const groups: number[] = [];
    for (let index = 0; index < GROUPS; index += 1) {
      // another admin each
      const turned = [...members.slice(index), ...members.slice(0, index)];
      groups.push(await cluster.group(cluster.node(0), ...turned));
    }
    const chaos = new Chaos(cluster, nodes, members, groups, seed);
    await until('all are there', () => chaos.followers.every(({ caughtUpAt }) => caughtUpAt > 0), 10_000);
    return chaos;
  }

  private constructor(
    cluster: Cluster,
    nodes: readonly DisturbedNode[],
    members: readonly Member[],
    groups: readonly number[],
    seed: number,
  ) {
    this.#cluster = cluster;
    this.#nodes = nodes;
    this.#groups = groups;
    this.#random = randomOf(seed);
    const urls = cluster.nodes.map(({ url }) => url);
    this.followers = members.map((who, index) => {
      const turned = [...urls.slice(index % urls.length), ...urls.slice(0, index % urls.length)];
      return new Follower(who, turned, WIRES[Math.floor(index / urls.length) % WIRES.length] ?? 'raw');
    });
    this.#acting = this.followers.map((by, index) => this.#act(by, index, randomOf(seed + index + 1)));
  }

  /** Causes a random fault, waits a while, and ends it. */
  async fault(): Promise<void> {
    const { redis, postgresql } = this.#cluster;
    const disturbed = this.#nodes[this.#random.below(this.#nodes.length)] as DisturbedNode; // there are some
    const { node } = disturbed;
    const lasting = () => delay(300 + this.#random.below(LONGEST_FAULT_MS));
    const faults: Record<string, () => Promise<unknown>> = {
      nodeKilled: () => node.kill('SIGKILL').then(lasting).then(node.restart),
      nodeStopped: () => node.kill('SIGTERM').then(node.restart),
      nodeHungUp: () => node.kill('SIGHUP').then(node.restart),
      ...disturbancesOf(this.#cluster, disturbed, this.#random),
      nodeFrozen: async () => {
        node.pause();
        await lasting();
        node.resume();
      },
      redisRestarted: () => redis.restart(),
      redisDown: () => redis.kill('SIGKILL').then(lasting).then(redis.restart),
      redisFrozen: () =>
        redis
          .kill('SIGSTOP')
          .then(lasting)
          .then(() => redis.kill('SIGCONT')),
      postgresqlRestarted: () => postgresql.restart(),
      postgresqlFrozen: async () => {
        postgresql.pause();
        await lasting();
        postgresql.resume();
      },
    };
    const name = Object.keys(faults)[this.#random.below(Object.keys(faults).length)] ?? '';
    this.#count(name);
    await faults[name]?.();
    await delay(this.#random.below(BETWEEN_FAULTS_MS));
  }

  /** Lets all users finish what they have begun, without further faults. */
  async quieten(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#acting);
  }

  stop(): void {
    this.#over = true;
    for (const follower of this.followers) follower.stop();
  }

  async #act(by: Follower, index: number, random: ReturnType<typeof randomOf>): Promise<void> {
    await until('it has caught up', () => by.caughtUpAt > 0 || this.#over, GIVE_UP_MS);
    for (let turn = 0; !this.#over; turn += 1) {
      const conversationId = this.#groups[random.below(GROUPS)] ?? 0;
      const dice = random.below(100);
      if (dice < 70) await this.#send(by, conversationId, `${by.who.username}-${turn}`);
      else if (dice < 80) await this.#change(by, conversationId, random, `edited ${by.who.username}-${turn}`);
      else if (dice < 84) await this.#change(by, conversationId, random, undefined);
      else if (dice < 96 || index >= GROUPS) await this.#read(by, conversationId, random);
      else await this.#move(by, this.#groups[index] ?? 0, random);
      await delay(random.below(LONGEST_BETWEEN_CALLS_MS));
    }
  }

  /** Calls again until the result is known. Every operation here may be repeated. */
  async #insist(by: Follower, operation: string, input: object): Promise<Answer> {
    const deadline = Date.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await by.ask(operation, input);
      const code = answer?.error?.code;
      if (answer !== undefined && !PASSING.has(code)) return answer;
      this.#count(`retried: ${code ?? 'no answer'}`);
      if (Date.now() > deadline) throw new Error(`${by.who.username} cannot ${operation} any more: ${code}`);
      await delay(100);
    }
  }

  async #send(by: Follower, conversationId: number, clientId: string): Promise<void> {
    const content = `content of ${clientId}`;
    this.ledger.attempted.set(clientId, content);
    const input = { conversation_id: conversationId, content, client_message_id: clientId };
    const answer = await this.#insist(by, 'message', input);
    if (answer.ok) {
      const { message_id: messageId, seq } = answer;
      this.ledger.sends.push({ conversationId, senderId: by.who.id, clientId, content, messageId, seq });
    } else if (answer.error.code === 'not_participant') this.ledger.refused.add(clientId);
    else throw new Error(`a send was refused: ${JSON.stringify(answer)}`);
  }

  async #change(
    by: Follower,
    conversationId: number,
    random: ReturnType<typeof randomOf>,
    content: string | undefined,
  ) {
    const own = this.ledger.sends.filter(
      (send) => send.senderId === by.who.id && send.conversationId === conversationId,
    );
    const message = own[random.below(own.length || 1)];
    if (message === undefined) return;
    const { messageId: message_id } = message;
    if (content !== undefined) this.ledger.attemptEdit(message_id, content);
    const operation = content === undefined ? 'delete_message' : 'edit_message';
    const answer = await this.#insist(by, operation, { message_id, ...(content !== undefined && { content }) });
    if (answer.ok) this.ledger.changes.push({ messageId: message_id, seq: answer.seq, content: content ?? '' });
  }

  async #read(by: Follower, conversationId: number, random: ReturnType<typeof randomOf>): Promise<void> {
    const shown = [...(by.views.get(conversationId)?.messages.keys() ?? [])].slice(-10);
    const message_ids = shown.filter(() => random.below(2) === 0);
    if (message_ids.length === 0) return;
    const answer = await this.#insist(by, 'read_receipt', { message_ids });
    const { id: userId } = by.who;
    if (answer.ok) this.ledger.reads.push(...message_ids.map((messageId) => ({ userId, messageId })));
  }

  /** The admin removes a member who is no admin, and adds them again. */
  async #move(by: Follower, conversationId: number, random: ReturnType<typeof randomOf>): Promise<void> {
    const userId = this.followers[GROUPS + random.below(PEOPLE - GROUPS)]?.who.id ?? 0;
    for (const operation of ['remove_participant', 'add_participant'] as const) {
      const answer = await this.#insist(by, operation, { conversation_id: conversationId, user_id: userId });
      const event = operation === 'add_participant' ? 'added_to_conversation' : 'removed_from_conversation';
      // a repeated call may find that it has happened already, and has no number then
      if (answer.ok && answer.seq) this.ledger.memberships.push({ conversationId, userId, seq: answer.seq, event });
      await delay(random.below(300));
    }
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { ChatClientError, memoryStorage } from '../../packages/client/src/client.ts';
import type { Node } from '../cluster/node.ts';
import { randomOf } from '../cluster/random.ts';
import type { Person } from '../support/people.ts';
import { Device } from './device.ts';
import { until } from './until.ts';

const GROUPS = 3;
const LONGEST_FAULT_MS = 1_500;
const BETWEEN_FAULTS_MS = 300;
const BETWEEN_ACTIONS_MS = 80;

type Random = ReturnType<typeof randomOf>;

/** People who do everything at random, over networks that fail at random and a server that is killed at random. */
export class Chaos {
  readonly devices: readonly Device[];
  readonly groups: readonly number[];
  readonly counts: Record<string, number> = {};
  readonly #node: Node;
  readonly #random: Random;
  #acting: Promise<void>[] = [];
  #over = false;

  static async begin(node: Node, people: readonly Person[], seed: number): Promise<Chaos> {
    const groups: number[] = [];
    for (let index = 0; index < GROUPS; index += 1) {
      const member_ids = people.map(({ id }) => id);
      const made = await people[index]?.rest.ask('create_group', { name: `group ${index}`, member_ids });
      groups.push(made?.conversation_id);
    }
    const port = Number(new URL(node.url).port);
    const tabs = memoryStorage(); // the first has two tabs open, which share a storage
    const devices = [
      await Device.begin(people[0] as Person, 'tab one', port, tabs, groups),
      await Device.begin(people[0] as Person, 'tab two', port, tabs, groups),
      // somebody who opens the first group alone
      ...(await Promise.all(
        people
          .slice(1)
          .map((who, index) =>
            Device.begin(who, who.username, port, memoryStorage(), index === 0 ? groups.slice(0, 1) : groups),
          ),
      )),
    ];
    return new Chaos(node, devices, groups, seed);
  }

  private constructor(node: Node, devices: readonly Device[], groups: readonly number[], seed: number) {
    this.#node = node;
    this.devices = devices;
    this.groups = groups;
    this.#random = randomOf(seed);
    this.#acting = devices.map((device, index) => this.#act(device, index, randomOf(seed + index + 1)));
  }

  /** Breaks something, lets it be broken for a while, and mends it. */
  async fault(): Promise<void> {
    const { proxy, ...device } = this.#any(this.devices, this.#random);
    const lasting = () => delay(50 + this.#random.below(LONGEST_FAULT_MS));
    const held = async (ways: readonly ('up' | 'down')[], end: () => void) => {
      for (const way of ways) proxy.hold(way);
      await lasting();
      end();
    };
    const faults: Record<string, () => Promise<void> | void> = {
      killed: () => this.#node.kill('SIGKILL').then(this.#node.restart),
      cut: () => proxy.cut(),
      cutAgain: async () => {
        for (let times = 0; times < 5; times += 1) await delay(100).then(proxy.cut);
      },
      away: async () => {
        proxy.shut();
        await lasting();
        proxy.open();
      },
      stalled: () => held(['up', 'down'], proxy.release),
      blackHole: () => held(['up', 'down'], proxy.cut),
      // what is sent arrives, and its answer never comes
      muted: () => held(['down'], proxy.cut),
      slow: async () => {
        proxy.delay(20 + this.#random.below(200));
        await lasting();
        proxy.delay(0);
      },
      everybodyCut: () => {
        for (const each of this.devices) each.proxy.cut();
      },
    };
    void device;
    const names = Object.keys(faults);
    const name = names[this.#random.below(names.length)] ?? '';
    this.#count(name);
    await faults[name]?.();
    await delay(this.#random.below(BETWEEN_FAULTS_MS));
  }

  /**
   * Lets everybody finish what they have begun, with nothing broken any more. The last thing in each group happens while
   * all are away: no later event can show them that they missed it.
   */
  async quieten(insider: Person): Promise<void> {
    this.#over = true;
    await Promise.all(this.#acting);
    for (const { proxy } of this.devices) proxy.shut();
    for (const conversation_id of this.groups) {
      const { ok } = await insider.rest.ask('message', { conversation_id, content: `the last in ${conversation_id}` });
      if (!ok) throw new Error('the insider is in every group');
    }
    for (const { proxy } of this.devices) proxy.open();
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.devices.map((device) => device.stop()));
  }

  async #act(device: Device, index: number, random: Random): Promise<void> {
    await until(device.chat.me, (me) => me !== undefined);
    for (let turn = 0; !this.#over; turn += 1) {
      const id = this.#any(this.groups, random);
      const dice = random.below(100);
      if (dice < 50) this.#send(device, id, `${device.name} ${turn}`);
      else if (dice < 55)
        for (let burst = 0; burst < 5; burst += 1) this.#send(device, id, `${device.name} ${turn}.${burst}`);
      else if (dice < 63) await this.#change(device, id, random, `${device.name} edits ${turn}`);
      else if (dice < 67) await this.#change(device, id, random, undefined);
      else if (dice < 82) this.#read(device, id, random);
      else if (dice < 87) await this.#try('paged', () => device.store(id).loadOlder());
      else if (dice < 90) this.#reload(device);
      // the first tab and the two after it are the groups' admins
      else if (index < GROUPS + 1 && index !== 1) await this.#administer(device, index === 0 ? 0 : index - 1, random);
      await delay(random.below(BETWEEN_ACTIONS_MS));
    }
  }

  #send(device: Device, id: number, content: string): void {
    if (device.store(id).get().gone) return;
    this.#count('sent');
    device.send(id, content);
  }

  async #change(device: Device, id: number, random: Random, content: string | undefined): Promise<void> {
    const own = device
      .store(id)
      .get()
      .messages.filter((each) => each.mine && each.id !== undefined && !each.deleted);
    const messageId = own[random.below(own.length || 1)]?.id;
    if (messageId === undefined) return;
    if (content === undefined) await this.#try('deleted', () => device.store(id).remove(messageId));
    else await this.#try('edited', () => device.store(id).edit(messageId, content));
  }

  #read(device: Device, id: number, random: Random): void {
    const shown = device
      .store(id)
      .get()
      .messages.filter(({ mine }) => !mine);
    device.store(id).markRead(shown[random.below(shown.length || 1)]?.seq);
    this.#count('read');
  }

  #reload(device: Device): void {
    this.#count('reloaded');
    device.reload();
  }

  async #administer(device: Device, group: number, random: Random): Promise<void> {
    const store = device.store(this.groups[group] ?? 0);
    if (random.below(3) === 0)
      return this.#try('renamed', () => store.rename(`group ${group}, ${random.below(1_000)}`));
    const last = this.devices.at(-1 - random.below(2))?.who.id ?? 0; // the last two are no admins
    await this.#try('removed', () => store.removeParticipant(last));
    await delay(random.below(200));
    await this.#try('added', () => store.addParticipant(last));
  }

  /** What fails for reasons of the network may have happened; whatever it was, all have to show the same. */
  async #try(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.#count(name);
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error;
      this.#count(`not ${name}: ${error.code}`);
    }
  }

  #any<T>(all: readonly T[], random: Random): T {
    return all[random.below(all.length)] as T; // there are some
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

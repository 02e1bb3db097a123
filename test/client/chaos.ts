import { rename } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { ChatClientError, memoryStorage } from '../../packages/client/src/client.ts';
import type { Node } from '../cluster/node.ts';
import { randomOf } from '../cluster/random.ts';
import type { Person } from '../support/people.ts';
import type { SmallDisk } from '../support/small-disk.ts';
import { Device } from './device.ts';
import { until } from './until.ts';

const GROUPS = 3;
const MAX_FAULT_MS = 1_500;
const MAX_FAULT_PAUSE_MS = 300;
const MAX_ACTION_PAUSE_MS = 80;

type Random = ReturnType<typeof randomOf>;

/** Users who act at random, over networks that fail at random and a server that is killed at random. */
export class Chaos {
  readonly devices: readonly Device[];
  readonly groups: readonly number[];
  readonly counts: Record<string, number> = {};
  readonly #node: Node;
  readonly #database: string;
  readonly #disk: SmallDisk;
  readonly #random: Random;
  #acting: Promise<void>[] = [];
  #over = false;

  /**
   * @param database the file of the node's database
   * @param disk the disk that holds it
   */
  static async begin(
    node: Node,
    database: string,
    disk: SmallDisk,
    people: readonly Person[],
    seed: number,
  ): Promise<Chaos> {
    const groups: number[] = [];
    for (let index = 0; index < GROUPS; index += 1) {
      const member_ids = people.map(({ id }) => id);
      const made = await people[index]?.rest.ask('create_group', { name: `group ${index}`, member_ids });
      groups.push(made?.conversation_id);
    }
    const port = Number(new URL(node.url).port);
    const tabs = memoryStorage(); // the first user has two tabs, which share a storage
    const devices = [
      await Device.begin(people[0] as Person, 'tab one', port, tabs, groups),
      await Device.begin(people[0] as Person, 'tab two', port, tabs, groups),
      // the first of these users opens the first group only
      ...(await Promise.all(
        people
          .slice(1)
          .map((user, index) =>
            Device.begin(user, user.username, port, memoryStorage(), index === 0 ? groups.slice(0, 1) : groups),
          ),
      )),
    ];
    return new Chaos(node, database, disk, devices, groups, seed);
  }

  private constructor(
    node: Node,
    database: string,
    disk: SmallDisk,
    devices: readonly Device[],
    groups: readonly number[],
    seed: number,
  ) {
    this.#node = node;
    this.#database = database;
    this.#disk = disk;
    this.devices = devices;
    this.groups = groups;
    this.#random = randomOf(seed);
    this.#acting = devices.map((device, index) => this.#act(device, index, randomOf(seed + index + 1)));
  }

  /** Injects a fault, keeps it for a while, and repairs it. */
  async fault(): Promise<void> {
    const { proxy } = this.#pick(this.devices, this.#random);
    const faultDuration = () => delay(50 + this.#random.below(MAX_FAULT_MS));
    const holdFor = async (directions: readonly ('up' | 'down')[], end: () => void) => {
      for (const direction of directions) proxy.hold(direction);
      await faultDuration();
      end();
    };
    const faults: Record<string, () => Promise<void> | void> = {
      killed: () => this.#node.kill('SIGKILL').then(this.#node.restart),
      stopped: () => this.#node.kill('SIGTERM').then(this.#node.restart),
      hungUp: () => this.#node.kill('SIGHUP').then(this.#node.restart),
      diskFull: async () => {
        this.#disk.fill();
        await faultDuration();
        this.#disk.free();
      },
      databaseMoved: async () => {
        await rename(this.#database, `${this.#database}.moved`);
        await faultDuration();
        await rename(`${this.#database}.moved`, this.#database);
      },
      databaseLocked: async () => {
        const other = new DatabaseSync(this.#database);
        other.exec('pragma busy_timeout = 5000; begin immediate');
        await faultDuration();
        other.close();
      },
      cut: () => proxy.cut(),
      cutAgain: async () => {
        for (let times = 0; times < 5; times += 1) await delay(100).then(proxy.cut);
      },
      away: async () => {
        proxy.shut();
        await faultDuration();
        proxy.open();
      },
      stalled: () => holdFor(['up', 'down'], proxy.release),
      blackHole: () => holdFor(['up', 'down'], proxy.cut),
      // requests arrive, and their answers do not
      muted: () => holdFor(['down'], proxy.cut),
      slow: async () => {
        proxy.delay(20 + this.#random.below(200));
        await faultDuration();
        proxy.delay(0);
      },
      allCut: () => {
        for (const each of this.devices) each.proxy.cut();
      },
    };
    const names = Object.keys(faults);
    const name = names[this.#random.below(names.length)] ?? '';
    this.#count(name);
    await faults[name]?.();
    await delay(this.#random.below(MAX_FAULT_PAUSE_MS));
  }

  /**
   * Lets all devices finish what they have begun, without further faults. The last message in each group is sent while
   * all are offline, so no later event can reveal that they missed it.
   */
  async settle(insider: Person): Promise<void> {
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
    for (let step = 0; !this.#over; step += 1) {
      const id = this.#pick(this.groups, random);
      const roll = random.below(100);
      if (roll < 50) this.#send(device, id, `${device.name} ${step}`);
      else if (roll < 55)
        for (let burst = 0; burst < 5; burst += 1) this.#send(device, id, `${device.name} ${step}.${burst}`);
      else if (roll < 63) await this.#change(device, id, random, `${device.name} edits ${step}`);
      else if (roll < 67) await this.#change(device, id, random, undefined);
      else if (roll < 82) this.#read(device, id, random);
      else if (roll < 87) await this.#try('paged', () => device.store(id).loadOlder());
      else if (roll < 90) this.#reload(device);
      // the first tab and the two devices after the second are the groups' admins
      else if (index < GROUPS + 1 && index !== 1) await this.#administer(device, index === 0 ? 0 : index - 1, random);
      await delay(random.below(MAX_ACTION_PAUSE_MS));
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
    const last = this.devices.at(-1 - random.below(2))?.user.id ?? 0; // the last two are not admins
    await this.#try('removed', () => store.removeParticipant(last));
    await delay(random.below(200));
    await this.#try('added', () => store.addParticipant(last));
  }

  /** An operation that failed because of the network may have happened; either way, all devices must converge. */
  async #try(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.#count(name);
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error;
      this.#count(`not ${name}: ${error.code}`);
    }
  }

  #pick<T>(all: readonly T[], random: Random): T {
    return all[random.below(all.length)] as T; // never empty
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

/** Which users are online on which other node. Every change returns the users whom it affects. */
export class RemotePresence {
  readonly #users = new Map<string, Set<number>>();
  /** On how many nodes each user is online. */
  readonly #nodes = new Map<number, number>();

  has(userId: number): boolean {
    return this.#nodes.has(userId);
  }

  isOn(node: string, userId: number): boolean {
    return this.#users.get(node)?.has(userId) === true;
  }

  /** How many users are online on other nodes. */
  get size(): number {
    return this.#nodes.size;
  }

  add(node: string, userIds: Iterable<number>): number[] {
    const users = this.#users.get(node) ?? new Set();
    this.#users.set(node, users);
    const added = [...userIds].filter((id) => !users.has(id));
    for (const id of added) {
      users.add(id);
      this.#nodes.set(id, (this.#nodes.get(id) ?? 0) + 1);
    }
    return added;
  }

  remove(node: string, userIds: Iterable<number>): number[] {
    const users = this.#users.get(node);
    const removed = [...userIds].filter((id) => users?.delete(id) === true);
    for (const id of removed) {
      const nodes = (this.#nodes.get(id) ?? 1) - 1;
      if (nodes === 0) this.#nodes.delete(id);
      else this.#nodes.set(id, nodes);
    }
    return removed;
  }

  /** Replaces all users of a node, which corrects for changes that were missed. */
  replace(node: string, userIds: readonly number[]): number[] {
    const online = new Set(userIds);
    const removed = this.remove(
      node,
      [...(this.#users.get(node) ?? [])].filter((id) => !online.has(id)),
    );
    return [...removed, ...this.add(node, online)];
  }

  forget(node: string): number[] {
    const removed = this.remove(node, [...(this.#users.get(node) ?? [])]);
    this.#users.delete(node);
    return removed;
  }
}

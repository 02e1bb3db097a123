/** Who is online on which other node. Every change gives the users whom it concerns. */
export class RemotePresence {
  readonly #users = new Map<string, Set<number>>();
  /** On how many nodes each user is. */
  readonly #nodes = new Map<number, number>();

  has(userId: number): boolean {
    return this.#nodes.has(userId);
  }

  isOn(node: string, userId: number): boolean {
    return this.#users.get(node)?.has(userId) === true;
  }

  users(): Iterable<number> {
    return this.#nodes.keys();
  }

  add(node: string, userIds: Iterable<number>): number[] {
    const users = this.#users.get(node) ?? new Set();
    this.#users.set(node, users);
    const fresh = [...userIds].filter((id) => !users.has(id));
    for (const id of fresh) {
      users.add(id);
      this.#nodes.set(id, (this.#nodes.get(id) ?? 0) + 1);
    }
    return fresh;
  }

  remove(node: string, userIds: Iterable<number>): number[] {
    const users = this.#users.get(node);
    const gone = [...userIds].filter((id) => users?.delete(id) === true);
    for (const id of gone) {
      const left = (this.#nodes.get(id) ?? 1) - 1;
      if (left === 0) this.#nodes.delete(id);
      else this.#nodes.set(id, left);
    }
    return gone;
  }

  /** A node tells all of its users anew: what was missed of their coming and going is made up for. */
  replace(node: string, userIds: readonly number[]): number[] {
    const now = new Set(userIds);
    const gone = this.remove(
      node,
      [...(this.#users.get(node) ?? [])].filter((id) => !now.has(id)),
    );
    return [...gone, ...this.add(node, now)];
  }

  forget(node: string): number[] {
    const gone = this.remove(node, [...(this.#users.get(node) ?? [])]);
    this.#users.delete(node);
    return gone;
  }
}

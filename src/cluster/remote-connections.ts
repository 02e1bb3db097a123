export type Count = readonly [userId: number, count: number];

/** How many connections users have on each other node, where they have several; of those who have one, presence tells. */
export class RemoteConnections {
  readonly #counts = new Map<string, Map<number, number>>();

  /** How many a user is known to have on a node; undefined when it is not known to be more than one. */
  of(node: string, userId: number): number | undefined {
    return this.#counts.get(node)?.get(userId);
  }

  set(node: string, counts: readonly Count[]): number[] {
    const users = this.#counts.get(node) ?? new Map<number, number>();
    this.#counts.set(node, users);
    for (const [userId, count] of counts) {
      if (count > 1) users.set(userId, count);
      else users.delete(userId);
    }
    return counts.map(([userId]) => userId);
  }

  /** A node tells all anew. */
  replace(node: string, counts: readonly Count[]): number[] {
    this.#counts.delete(node);
    return this.set(node, counts);
  }

  forget(node: string): void {
    this.#counts.delete(node);
  }

  /** Much may have changed unheard. */
  forgetAll(): void {
    this.#counts.clear();
  }
}

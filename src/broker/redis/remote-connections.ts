export type Count = readonly [userId: number, count: number];

/** How many connections users have on each other node, if more than one; one connection follows from being online. */
export class RemoteConnections {
  readonly #counts = new Map<string, Map<number, number>>();

  /** Undefined if a user is not known to have more than one connection on a node. */
  of(node: string, userId: number): number | undefined {
    return this.#counts.get(node)?.get(userId);
  }

  /** @returns the users of these counts */
  set(node: string, counts: readonly Count[]): number[] {
    const users = this.#counts.get(node) ?? new Map<number, number>();
    this.#counts.set(node, users);
    for (const [userId, count] of counts) {
      if (count > 1) users.set(userId, count);
      else users.delete(userId);
    }
    return counts.map(([userId]) => userId);
  }

  /** Replaces all counts of a node. */
  replace(node: string, counts: readonly Count[]): number[] {
    this.#counts.delete(node);
    return this.set(node, counts);
  }

  forget(node: string): void {
    this.#counts.delete(node);
  }

  forgetAll(): void {
    this.#counts.clear();
  }
}

/** Who uses which table of the firewall in this process: a table goes with the last of its users. */
export class NftTables {
  readonly #users = new Map<string, Set<unknown>>();

  enter(table: string, user: unknown): void {
    this.#users.set(table, (this.#users.get(table) ?? new Set()).add(user));
  }

  leave(table: string, user: unknown): void {
    const users = this.#users.get(table);
    users?.delete(user);
    if (users?.size === 0) {
      this.#users.delete(table);
    }
  }

  isUsed(table: string): boolean {
    return this.#users.has(table);
  }
}

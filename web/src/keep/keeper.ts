// Where the page keeps things for one person: the browser's own storage. What a team shares is the server's
// (server/personas.ts).

export interface Keeper {
  read(name: string): string | null;
  /** False: it could not be kept (storage full or forbidden); it holds until the page is closed. */
  write(name: string, text: string): boolean;
  remove(name: string): void;
}

class BrowserKeeper implements Keeper {
  private readonly unkept = new Map<string, string>();

  constructor(private readonly storage: () => Storage) {}

  read(name: string): string | null {
    const here = this.unkept.get(name);
    if (here !== undefined) return here;
    try {
      return this.storage().getItem(prefix + name);
    } catch {
      return null; // forbidden by the browser's settings: as if nothing had been kept
    }
  }

  write(name: string, text: string): boolean {
    try {
      this.storage().setItem(prefix + name, text);
      this.unkept.delete(name);
      return true;
    } catch {
      this.unkept.set(name, text);
      return false;
    }
  }

  remove(name: string): void {
    this.unkept.delete(name);
    try {
      this.storage().removeItem(prefix + name);
    } catch {
      // forbidden: there is nothing to remove
    }
  }
}

const prefix = "contrans.";

/** Personas, choices, the theme: until the person clears them. */
export const lasting: Keeper = new BrowserKeeper(() => localStorage);
/** The key: until the tab is closed. */
export const passing: Keeper = new BrowserKeeper(() => sessionStorage);

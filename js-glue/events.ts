// A typed emitter of a page's size: on, off, emit.
// Owns the listeners; refuses to let one of them harm us: a listener that throws is reported to the page as an uncaught
// error, after the others have been called. Invariant: emitting never throws and never calls a removed listener.

export type Listener<T> = (event: T) => void;

export class Emitter<Events extends object> {
  #listeners = new Map<keyof Events, Set<Listener<never>>>();

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): void {
    if (typeof listener !== 'function') throw new TypeError(`hls-bazaar: on('${String(name)}') needs a function`);
    let set = this.#listeners.get(name);
    if (!set) this.#listeners.set(name, (set = new Set()));
    set.add(listener);
  }

  off<K extends keyof Events>(name: K, listener: Listener<Events[K]>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<Events[K]>)(event);
      } catch (error) {
        // The page's bug must reach the page's error handler, not our turn.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}

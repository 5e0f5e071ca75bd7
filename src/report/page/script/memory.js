// What this browser remembers between visits. Where it is forbidden to, it remembers nothing, and says so.

const memory = {
  /** Whether the last thing to be kept was kept. */
  works: true,

  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },

  keep(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      this.works = true;
    } catch {
      this.works = false;
    }
  },
};

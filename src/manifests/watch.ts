// Tells that something happened in one of the folders, soon. It may miss things (network file systems tell nothing), so the
// inventory looks by itself as well.

import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";

export interface FolderWatch {
  /** Watches exactly these folders (path below the root to identity); true when all of them could be watched. */
  follow(folders: ReadonlyMap<string, string>): boolean;
  close(): void;
}

interface Watched {
  readonly id: string;
  readonly watcher: FSWatcher;
}

/**
 * One watcher per folder rather than Node's recursive one, which on Linux watches each file by its inode and so loses it
 * when an editor or kubelet puts another in its place.
 */
export function watchFolders(root: string, onEvent: () => void): FolderWatch {
  const watched = new Map<string, Watched>();

  const drop = (path: string): void => {
    watched.get(path)?.watcher.close();
    watched.delete(path);
  };

  const add = (path: string, id: string): void => {
    try {
      const watcher = watch(join(root, path), { persistent: false }, onEvent);
      watcher.on("error", () => {
        drop(path);
        onEvent();
      });
      watched.set(path, { id, watcher });
      // What happened between the walk that found the folder and this moment has told nobody.
      onEvent();
    } catch {
      // Out of watches, or the folder went just now: `follow` says that it is not watched, and the inventory polls faster.
      drop(path);
    }
  };

  return {
    follow: (folders) => {
      for (const [path, { id }] of watched) {
        if (folders.get(path) !== id) drop(path);
      }
      for (const [path, id] of folders) {
        if (!watched.has(path)) add(path, id);
      }
      return folders.size > 0 && [...folders.keys()].every((path) => watched.has(path));
    },
    close: () => {
      for (const path of watched.keys()) drop(path);
    },
  };
}

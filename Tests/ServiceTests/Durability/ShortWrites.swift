// A disk that takes a few bytes at a time. The daemon is started with a library in front of libc, whose
// `write(2)` to a file of the state folder takes seven bytes at most, as POSIX lets it; and which, as
// soon as a file is there, takes seven and then says that no space is left.

import Foundation

/// The library, and its files.
struct ShortWrites {
  private static let source = """
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static int is_in_state(int file) {
      char link[64], path[4096];
      const char *state = getenv("REMEDY_TEST_STATE");
      if (!state) return 0;
      snprintf(link, sizeof link, "/proc/self/fd/%d", file);
      ssize_t count = readlink(link, path, sizeof path - 1);
      if (count < 0) return 0;
      path[count] = 0;
      size_t length = strlen(state);
      return strncmp(path, state, length) == 0 && path[length] == '/';
    }
    static void count_one(void) {
      int file = open(getenv("REMEDY_TEST_CUT"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
      if (file < 0) return;
      syscall(SYS_write, file, ".", 1);
      close(file);
    }
    ssize_t write(int file, const void *bytes, size_t count) {
      int before = errno;
      if (count > 0 && is_in_state(file)) {
        if (access(getenv("REMEDY_TEST_FULL"), F_OK) == 0 && lseek(file, 0, SEEK_CUR) > 0) {
          errno = ENOSPC;
          return -1;
        }
        if (count > 7) {
          count_one();
          count = 7;
        }
      }
      errno = before;
      return syscall(SYS_write, file, bytes, count);
    }
    """

  private let library: PreloadedLibrary
  private let state: String
  private let full: URL
  private let cut: URL

  /// What the daemon is to be started with.
  var environment: [String: String] {
    library.environment.merging([
      "REMEDY_TEST_STATE": state, "REMEDY_TEST_FULL": full.path, "REMEDY_TEST_CUT": cut.path,
    ]) { $1 }
  }

  /// How many writes took less than they were given.
  var count: Int { (try? Data(contentsOf: cut))?.count ?? 0 }

  /// Builds the library.
  ///
  /// - Parameter state: the state folder, as the kernel names it.
  /// - Throws: `Trouble` where there is no compiler of C.
  init(to state: String, in folder: URL) throws {
    library = try PreloadedLibrary(Self.source, name: "writes", in: folder)
    self.state = state
    full = folder.appendingPathComponent("full")
    cut = folder.appendingPathComponent("cut")
  }

  /// From now on there is room for seven bytes in each file, until there is more again.
  func fill() throws { try Data().write(to: full) }

  func makeRoom() throws { try FileManager.default.removeItem(at: full) }
}

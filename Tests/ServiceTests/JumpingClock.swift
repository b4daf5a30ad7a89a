// Clocks that jump. A test cannot have the machine sleep, nor set its clock, so the daemon is started
// with a library in front of libc: its boot clock shows eight hours more as soon as a file is there, and
// its wall clock as many seconds more as another file says. The TLS library asks libc otherwise, and is
// left the true time: certificates stay valid.

import Foundation

/// The library, and the file.
struct JumpingClock {
  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdlib.h>
    #include <time.h>
    #include <unistd.h>
    int clock_gettime(clockid_t clock, struct timespec *time) {
      static int (*real)(clockid_t, struct timespec *);
      if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int status = real(clock, time);
      const char *mark = getenv("REMEDY_TEST_SLEPT");
      if (clock == CLOCK_BOOTTIME && mark && access(mark, F_OK) == 0) time->tv_sec += 8 * 3600;
      const char *set = getenv("REMEDY_TEST_CLOCK_SET");
      int file = clock == CLOCK_REALTIME && set ? open(set, O_RDONLY | O_CLOEXEC) : -1;
      if (file >= 0) {
        char digits[24] = {0};
        if (read(file, digits, sizeof digits - 1) > 0) time->tv_sec += atoll(digits);
        close(file);
      }
      return status;
    }
    """

  private let library: PreloadedLibrary
  private let mark: URL
  private let setting: URL

  /// What the daemon is to be started with.
  var environment: [String: String] {
    library.environment.merging([
      "REMEDY_TEST_SLEPT": mark.path, "REMEDY_TEST_CLOCK_SET": setting.path,
    ]) { $1 }
  }

  /// Builds the library.
  ///
  /// - Throws: `Trouble` where there is no compiler of C.
  init(in folder: URL) throws {
    library = try PreloadedLibrary(Self.source, name: "clock", in: folder)
    mark = folder.appendingPathComponent("slept")
    setting = folder.appendingPathComponent("clock-set")
  }

  /// Eight hours pass in a sleep.
  func jump() throws { try Data().write(to: mark) }

  /// Somebody sets the wall clock: it shows so many seconds more than the true time from now on.
  func set(by seconds: Int) throws {
    try Data(String(seconds).utf8).write(to: setting, options: .atomic)
  }
}

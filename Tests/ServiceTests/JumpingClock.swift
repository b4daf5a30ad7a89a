// A boot clock that jumps. A test cannot have the machine sleep, so the daemon is started with a
// library in front of libc, whose boot clock shows eight hours more as soon as a file is there.

import Foundation

/// The library, and the file.
struct JumpingClock {
  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <time.h>
    #include <unistd.h>
    int clock_gettime(clockid_t clock, struct timespec *time) {
      static int (*real)(clockid_t, struct timespec *);
      if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int status = real(clock, time);
      const char *mark = getenv("REMEDY_TEST_SLEPT");
      if (clock == CLOCK_BOOTTIME && mark && access(mark, F_OK) == 0) time->tv_sec += 8 * 3600;
      return status;
    }
    """

  private let library: PreloadedLibrary
  private let mark: URL

  /// What the daemon is to be started with.
  var environment: [String: String] {
    library.environment.merging(["REMEDY_TEST_SLEPT": mark.path]) { $1 }
  }

  /// Builds the library.
  ///
  /// - Throws: `Trouble` where there is no compiler of C.
  init(in folder: URL) throws {
    library = try PreloadedLibrary(Self.source, name: "clock", in: folder)
    mark = folder.appendingPathComponent("slept")
  }

  /// Eight hours pass in a sleep.
  func jump() throws { try Data().write(to: mark) }
}

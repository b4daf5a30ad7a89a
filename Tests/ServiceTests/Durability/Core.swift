// A core of the daemon, as the kernel writes it. The daemon refuses to leave one; for this it is started
// with a library in front of libc that lets both refusals come to nothing, and aborted. Nothing of the
// daemon itself is other than it is.

import Foundation
import TestSupport

/// What forces a core, and where it will lie.
struct Core {
  private static let source = """
    #define _GNU_SOURCE
    #include <stdarg.h>
    #include <sys/prctl.h>
    #include <sys/resource.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    __attribute__((constructor)) static void allow(void) {
      struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
      syscall(SYS_setrlimit, RLIMIT_CORE, &all);
    }
    int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) {
      return resource == RLIMIT_CORE ? 0 : syscall(SYS_setrlimit, resource, limit);
    }
    int prctl(int option, ...) {
      va_list list;
      va_start(list, option);
      unsigned long a = va_arg(list, unsigned long), b = va_arg(list, unsigned long);
      unsigned long c = va_arg(list, unsigned long), d = va_arg(list, unsigned long);
      va_end(list);
      return option == PR_SET_DUMPABLE ? 0 : syscall(SYS_prctl, option, a, b, c, d);
    }
    """

  private let library: PreloadedLibrary
  private let folder: URL

  /// What the daemon is to be started with; its working folder must be the one that is given here.
  var environment: [String: String] { library.environment }

  /// Builds the library.
  ///
  /// - Throws: `Trouble` where there is no compiler of C.
  init(in folder: URL) throws {
    library = try PreloadedLibrary(Self.source, name: "core-allowed", in: folder)
    self.folder = folder
  }

  /// Whether the kernel writes cores to the working folder, and not to a program or another place.
  static let isByKernel: Bool = {
    let pattern = try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)
    return pattern.map { $0.hasPrefix("core") && !$0.contains("/") } ?? false
  }()

  /// Whether there is a way to have one.
  static let isPossible =
    isByKernel || FileManager.default.isExecutableFile(atPath: "/usr/bin/gdb") && geteuid() == 0

  static let absence: String =
    "core_pattern leads away from the working folder, and there is no gdb, or no root to run it"

  /// Has the process leave its core, by `abort` where the kernel writes it, and by gdb, which leaves
  /// out the same memory, where it does not.
  func force(_ pid: Int32, abort: () -> Void) throws -> Data {
    if !Self.isByKernel {
      _ = try FinishedProgram([
        "/usr/bin/gdb", "-batch", "-p", "\(pid)", "-ex",
        "generate-core-file \(folder.path)/core.\(pid)",
      ])
    }
    abort()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    guard let name = names.first(where: { $0 == "core" || $0.hasPrefix("core.") }) else {
      throw Trouble("no core among \(names)")
    }
    return try Data(contentsOf: folder.appendingPathComponent(name), options: .alwaysMapped)
  }
}

// The lock of the state folder, and the line in its file that says who holds it.
//
// A process id alone may have been given to another process since a crash; with the start time of
// the process it names one process of this boot. Between taking the lock and signing it lies a
// moment in which the file still names the holder before: whoever reads it then looks again.

internal import Glibc

/// Taking, signing and reading the lock file.
enum LockFile {
  /// `F_OFD_SETLK` of <fcntl.h>, which needs `_GNU_SOURCE`.
  private static let setOpenFileDescriptionLock: Int32 = 37

  /// Takes the lock without waiting.
  ///
  /// - Throws: `EAGAIN` or `EACCES` where another holds it.
  static func take(_ file: borrowing Descriptor) throws(Descriptor.Failure) {
    try set(Int16(F_WRLCK), of: file)
  }

  /// Lets go of it. Closing would do, but for a child process that is between fork and exec just then
  /// and holds the same open file for a moment longer.
  static func release(_ file: borrowing Descriptor) {
    try? set(Int16(F_UNLCK), of: file)
  }

  private static func set(
    _ kind: Int16, of file: borrowing Descriptor
  ) throws(Descriptor.Failure) {
    var lock = flock()
    lock.l_type = kind
    lock.l_whence = Int16(SEEK_SET)
    let number = file.number
    try Descriptor.untilDone {
      unsafe withUnsafeMutablePointer(to: &lock) {
        unsafe fcntl(number, setOpenFileDescriptionLock, UnsafeMutableRawPointer($0))
      }
    }
  }

  /// Writes this process into the file.
  static func sign(_ file: borrowing Descriptor) {
    let pid = getpid()
    let line = Array("\(pid) \(startTime(of: pid) ?? "-")\n".utf8)
    // It may have been signed before: a vault that waits for its passphrase says so at once.
    guard lseek(file.number, 0, Int32(SEEK_SET)) == 0, ftruncate(file.number, 0) == 0
    else { return }
    try? file.write(line.span)
  }

  /// Who holds the lock, as far as the file says: a process that lives and started when it says.
  ///
  /// Looks again for a fifth of a second, as the holder may be about to sign.
  static func holder(_ file: borrowing Descriptor) -> Int32? {
    for _ in 0..<100 {
      if let (pid, start) = signature(file), startTime(of: pid) == start { return pid }
      usleep(2_000)
    }
    // Of another process namespace, or gone unseen: its number may still help.
    return signature(file)?.pid
  }

  private static func signature(_ file: borrowing Descriptor) -> (pid: Int32, start: String)? {
    guard lseek(file.number, 0, Int32(SEEK_SET)) == 0, let text = text(file, limit: 64) else {
      return nil
    }
    let words = text.split(separator: "\n").first?.split(separator: " ") ?? []
    guard words.count == 2, let pid = Int32(words[0]) else { return nil }
    return (pid, String(words[1]))
  }

  /// When a process started, in clock ticks since boot: field 22 of `/proc/PID/stat`, the 20th
  /// after the name in parentheses, which may itself hold spaces and parentheses (proc(5)).
  private static func startTime(of pid: Int32) -> String? {
    guard let file = try? Descriptor("/proc/\(pid)/stat", flags: O_RDONLY),
      let text = text(file, limit: 1024), let name = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[name...].split(separator: " ")
    return fields.count > 20 ? String(fields[20]) : nil
  }

  private static func text(_ file: borrowing Descriptor, limit: Int) -> String? {
    var bytes = [UInt8](repeating: 0, count: limit)
    var span = bytes.mutableSpan
    guard let count = try? file.read(into: &span) else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}

// The memory of a running process, from outside: where certain bytes lie, and whether it is guarded
// memory, that which the process has kept out of every core (`MADV_DONTDUMP`: `dd` in proc(5)'s
// VmFlags). A core of the process would hold all the rest.

import Foundation
import RemedyClient
import TestSupport

/// What a process had in memory a moment ago.
struct MemoryImage {
  /// How often something was found.
  struct Count: Equatable, CustomStringConvertible {
    /// In guarded memory.
    var guarded = 0
    /// In all other memory.
    var open = 0
    var description: String { "\(guarded) in guarded memory, \(open) elsewhere" }
  }

  private var regions: [(isGuarded: Bool, bytes: Data)] = []
  /// How many bytes of guarded memory there are.
  private(set) var guardedBytes = 0

  /// Reads all memory that can be read; as root, even of a process that hides it.
  init(of process: Int32) throws {
    let text = String(decoding: try procFile("/proc/\(process)/smaps"), as: UTF8.self)
    let memory = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/\(process)/mem"))
    defer { try? memory.close() }
    var range: (start: UInt64, end: UInt64)?
    var hasName = false
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if let first = words.first, first.contains("-"), words.count >= 5 {
        let ends = first.split(separator: "-").compactMap { UInt64($0, radix: 16) }
        range = ends.count == 2 && words[1].hasPrefix("r") ? (ends[0], ends[1]) : nil
        hasName = words.count > 5
      } else if line.hasPrefix("VmFlags:"), let (start, end) = range {
        // [vvar] and the like are not to be dumped either, and are nobody's secrets.
        let isGuarded = words.contains("dd") && !hasName
        if hasName, words.contains("dd") { continue }
        guard let bytes = Self.read(memory.fileDescriptor, start, Int(end - start)) else {
          continue
        }
        if isGuarded { guardedBytes += bytes.count }
        regions.append((isGuarded, bytes))
      }
    }
  }

  /// The memory as soon as the condition holds, or as it is after half a minute: what is on its way
  /// is there for a moment, and what a connection read last until it is closed for being idle.
  static func settled(
    _ pid: Int32, _ holds: (MemoryImage) -> Bool
  ) throws -> MemoryImage {
    let deadline = Deadline.after(seconds: 30)
    while true {
      let image = try MemoryImage(of: pid)
      if holds(image) || deadline.hasPassed { return image }
    }
  }

  private static func read(_ memory: Int32, _ start: UInt64, _ count: Int) -> Data? {
    var bytes = Data(count: count)
    let got = bytes.withUnsafeMutableBytes { pread(memory, $0.baseAddress, count, off_t(start)) }
    return got > 0 ? bytes.prefix(got) : nil
  }

  /// How often these bytes stand in it.
  func count(_ needle: String) -> Count { count(Array(needle.utf8)) }

  /// How often these bytes stand in it.
  func count(_ needle: [UInt8]) -> Count {
    var count = Count()
    for (isGuarded, bytes) in regions {
      let found = bytes.withUnsafeBytes { Self.occurrences(of: needle, in: $0) }
      if isGuarded { count.guarded += found } else { count.open += found }
    }
    return count
  }

  private typealias Search =
    @convention(c) (UnsafeRawPointer, Int, UnsafeRawPointer, Int) -> UnsafeMutableRawPointer?

  /// memmem(3), which the module does not show: a loop of our own takes minutes in a debug build.
  private static let search = unsafeBitCast(dlsym(nil, "memmem"), to: Search.self)

  static func occurrences(of needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int {
    var found = 0
    guard var start = bytes.baseAddress, !needle.isEmpty else { return 0 }
    var left = bytes.count
    while left >= needle.count, let hit = search(start, left, needle, needle.count) {
      found += 1
      let next = UnsafeRawPointer(hit) + 1
      left -= next - start
      start = next
    }
    return found
  }
}

/// A file of /proc, all of it: such files say that they are empty, and give a page at a time, which
/// Foundation takes for their end.
func procFile(_ path: String) throws -> Data {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw Trouble("\(path): errno \(errno)") }
  defer { close(file) }
  var bytes = Data()
  var buffer = [UInt8](repeating: 0, count: 65536)
  while case let count = read(file, &buffer, buffer.count), count > 0 {
    bytes.append(contentsOf: buffer[..<count])
  }
  return bytes
}

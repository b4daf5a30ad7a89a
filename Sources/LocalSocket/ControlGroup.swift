// Which systemd unit a process runs in, read from the name of its control group (cgroups(7), and
// systemd's CONTROL_GROUP_INTERFACE). From the root downwards: slices, then the unit of the system
// manager. What stands below it was named by that unit, so a user who calls a unit of their own
// `ci.service` is still `user@1000.service` to the system.

/// The units that a control group's path names.
struct ControlGroup: Equatable {
  /// The system manager's unit.
  var unit: String?
  /// The user manager's unit, below `user@UID.service`.
  var userUnit: String?

  /// Reads the text of `/proc/PID/cgroup`: the line of the unified hierarchy, or in its absence
  /// that of systemd's own.
  init(procText text: String) {
    let lines = text.split(separator: "\n")
    let line =
      lines.first { $0.hasPrefix("0::") && $0 != "0::/" }
      ?? lines.first { $0.contains(":name=systemd:") }
    guard let path = line?.split(separator: ":", maxSplits: 2).last else { return }
    var parts = path.split(separator: "/")[...]
    unit = Self.takeUnit(&parts)
    if let unit, unit.hasPrefix("user@"), unit.hasSuffix(".service") {
      userUnit = Self.takeUnit(&parts)
    }
  }

  /// The first unit below the slices.
  private static func takeUnit(_ parts: inout ArraySlice<Substring>) -> String? {
    parts = parts.drop { $0.hasSuffix(".slice") }
    // A name that the kernel would take for a file of its own is escaped with an underscore.
    guard let part = parts.popFirst() else { return nil }
    let name = part.hasPrefix("_") ? part.dropFirst() : part
    let kinds = [".service", ".scope", ".socket", ".mount", ".swap"]
    return kinds.contains { name.hasSuffix($0) && name.count > $0.count } ? String(name) : nil
  }
}

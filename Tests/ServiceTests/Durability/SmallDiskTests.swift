// A real disk that is full, or becomes read-only, under the running broker.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("Small disks under the real broker", .serialized)
struct SmallDiskTests {
  @Test(
    "no space, no inode: the held token serves, the error says which, and it goes on",
    .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root"))
  func small() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    household.stopDaemon()
    let disk = try SmallDisk(over: household.folder.path + "/state")
    try household.startDaemon()
    try household.refresh()
    let hindrances = [("space", disk.fillSpace), ("inodes", disk.fillInodes)]
    for (name, fill) in hindrances {
      let client = try household.client()
      let held = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
      let before = try household.count("/v1/token")
      try fill()
      for _ in 0..<3 {
        let refusal = household.failure(
          client, TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
        #expect(refusal?.reason == .vaultUnavailable, "\(name)")
        #expect(
          refusal?.message.contains("no space is left") == true,
          "\(name): \(refusal?.message ?? "")")
      }
      #expect(try household.count("/v1/token") == before)
      let still = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(still.accessToken == held.accessToken)
      // A restart on the full disk: it can start, and has the session.
      household.stopDaemon(signal: SIGKILL)
      try household.startDaemon()
      let kept = try household.client().call(TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(kept.accessToken == held.accessToken)
      disk.clear()
      try household.refresh()
    }
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    try household.refresh()
  }

  @Test(
    "read-only all at once: the held token serves, the error says so, and it goes on",
    .enabled(if: SmallDisk.isPossible, "mounting needs root"))
  func readOnly() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    household.stopDaemon()
    let mount = try ReadOnlyMount(over: household.folder.path + "/state")
    try household.startDaemon()
    try household.refresh()
    let pid = household.daemonPID
    let client = try household.client()
    let held = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    let before = try household.count("/v1/token")
    try mount.set("ro")
    for _ in 0..<3 {
      let refusal = household.failure(
        client, TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
      #expect(refusal?.reason == .vaultUnavailable)
      #expect(
        refusal?.message.contains("may not be written") == true, "\(refusal?.message ?? "")")
      let still = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
      #expect(still.accessToken == held.accessToken)
    }
    #expect(try household.count("/v1/token") == before)
    let (status, report) = try household.vault("check")
    #expect(status == 0 && report.contains("1 sound, 0 to look at"), "\(report)")
    #expect(household.daemonPID == pid)
    try mount.set("rw")
    try household.refresh()
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    try household.refresh()
  }
}

/// A folder that is mounted over itself, so that it can become read-only under whoever has it open.
/// The lock is a mount of its own: the kernel makes nothing read-only in which a file is open for
/// writing.
private final class ReadOnlyMount {
  private let path: String

  init(over path: String) throws {
    self.path = path
    try SmallDisk.run("mount", "--bind", path, path)
    try SmallDisk.run("mount", "--bind", path + "/lock", path + "/lock")
  }

  deinit { try? SmallDisk.run("umount", "-R", "-l", path) }

  /// - Parameter mode: `ro` or `rw`.
  func set(_ mode: String) throws { try SmallDisk.run("mount", "-o", "remount,bind," + mode, path) }
}

/// A file system of a few pages and inodes, laid over a folder whose files it gets.
private final class SmallDisk {
  let path: String
  private var fillers = 0

  static let isPossible: Bool = {
    guard geteuid() == 0 else { return false }
    let place = "/tmp/remedy-trial-" + UUID().uuidString.prefix(8)
    mkdir(place, 0o700)
    defer { rmdir(place) }
    return (try? SmallDisk(over: place)) != nil
  }()

  init(over path: String) throws {
    self.path = path
    var kept: [(String, Data)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      kept.append((name, try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))))
    }
    try Self.run("mount", "-t", "tmpfs", "-o", "size=128k,nr_inodes=48,mode=700", "tmpfs", path)
    for (name, bytes) in kept {
      let file = path + "/" + name
      try bytes.write(to: URL(fileURLWithPath: file))
      chmod(file, 0o600)
    }
  }

  deinit { try? Self.run("umount", "-l", path) }

  func fillSpace() throws { try fill(bytes: 4096) }
  func fillInodes() throws { try fill(bytes: 0) }

  private func fill(bytes: Int) throws {
    for _ in 0..<64 {
      let file = open("\(path)/filler-\(fillers)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard file >= 0 else { return }
      fillers += 1
      let page = [UInt8](repeating: 1, count: bytes)
      let written = write(file, page, bytes)
      close(file)
      guard written == bytes else { return }
    }
    throw Trouble("the small disk does not fill")
  }

  func clear() {
    for number in 0..<fillers { unlink("\(path)/filler-\(number)") }
    fillers = 0
  }

  static func run(_ words: String...) throws {
    guard try FinishedProgram(words).status == 0 else { throw Trouble("\(words) failed") }
  }
}

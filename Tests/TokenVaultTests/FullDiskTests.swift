// A disk that is full or read-only: the old record stays whole, the error says which, and the vault
// goes on when there is room again.

import Glibc
import Secrets
import Testing

@testable import TokenVault

/// A file system of a few pages, for one test.
final class TinyFileSystem: Sendable {
  let path: String

  /// Whether this process may mount one: asked once, by doing it.
  static let isPossible: Bool = {
    guard geteuid() == 0, let trial = try? TinyFileSystem() else { return false }
    return trial.path.isEmpty == false
  }()

  init() throws {
    var template = Array("/tmp/remedy-tmpfs-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    try #require(Self.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", path]) == 0)
  }

  deinit {
    _ = Self.run(["umount", "-l", path])
    rmdir(path)
  }

  func remount(_ mode: String) -> Int32 {
    Self.run(["mount", "-o", "remount,\(mode)", path])
  }

  private static func run(_ words: [String]) -> Int32 {
    var child = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    guard posix_spawnp(&child, words[0], &actions, nil, &arguments, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }
}

@Suite("Full and read-only disks", .serialized)
struct FullDiskTests {
  @Test(
    "a full disk: the old records stay whole, and writing goes on when there is room",
    .enabled(if: TinyFileSystem.isPossible, "mounting a tmpfs needs root"))
  func fullDisk() async throws {
    let disk = try TinyFileSystem()
    let key = Secret(randomCount: 32)
    let directory = disk.path
    let (vault, _) = try await Vault.open(directory: directory, key: key)
    let payload = String(repeating: "p", count: 3000)
    var written: [Vault.Name: String] = [:]
    var failure: VaultError?
    for number in 0..<64 where failure == nil {
      let name = Vault.Name(kind: "session", profile: "p\(number)", owner: "1000")
      do throws(VaultError) {
        try await vault.write(Secret(payload), as: name)
        written[name] = payload
      } catch {
        failure = error
        #expect(error == .diskFull(path: "\(directory)/\(name.fileName)"))
      }
    }
    #expect(failure != nil)
    #expect(written.count > 3)

    // Replacing fails as well, and the record that is there stays.
    let first = Vault.Name(kind: "session", profile: "p0", owner: "1000")
    await #expect(throws: VaultError.diskFull(path: "\(directory)/\(first.fileName)")) {
      try await vault.write(Secret(payload + "longer"), as: first)
    }
    // Deleting does not need room, and gives some.
    let second = Vault.Name(kind: "session", profile: "p1", owner: "1000")
    try await vault.delete(second)
    written[second] = nil
    try await vault.write(Secret("there is room again"), as: first)
    written[first] = "there is room again"
    await vault.close()

    let (again, loaded) = try await Vault.open(directory: directory, key: key)
    await again.close()
    #expect(loaded.texts == written)
    #expect(loaded.setAside.isEmpty)
  }

  @Test(
    "a read-only disk: no start, no write, and everything as it was afterwards",
    .enabled(if: TinyFileSystem.isPossible, "mounting a tmpfs needs root"))
  func readOnlyDisk() async throws {
    let disk = try TinyFileSystem()
    let key = Secret(randomCount: 32)
    let directory = disk.path
    let (vault, _) = try await Vault.open(directory: directory, key: key)
    try await vault.write(Secret("kept"), as: .payroll)
    await vault.close()
    #expect(disk.remount("ro") == 0)
    await #expect(throws: VaultError.readOnly(path: "\(directory)/lock")) {
      _ = try await Vault.open(directory: directory, key: key)
    }
    #expect(disk.remount("rw") == 0)
    let (again, loaded) = try await Vault.open(directory: directory, key: key)
    await again.close()
    #expect(loaded.texts == [.payroll: "kept"])
  }

  @Test(
    "a folder that may not be written: the error says so and the old record stays",
    .enabled(if: geteuid() != 0, "root may write everywhere"))
  func readOnlyFolder() async throws {
    let folder = try StateFolderFixture()
    let (vault, _) = try await folder.open()
    try await vault.write(Secret("old"), as: .payroll)
    #expect(chmod(folder.path, 0o500) == 0)
    let file = "\(folder.path)/session.1000.payroll.record"
    await #expect(throws: VaultError.readOnly(path: file)) {
      try await vault.write(Secret("new"), as: .payroll)
    }
    #expect(chmod(folder.path, 0o700) == 0)
    await vault.close()
    #expect(try await folder.load().texts == [.payroll: "old"])
  }
}

// Starts that must fail, and must leave every file as it was.

import Glibc
import Secrets
import Testing

@testable import TokenVault

@Suite("Vault start")
struct VaultStartTests {
  /// A folder with two records, and the proof that a refused start changes nothing in it.
  private func refused(
    _ expected: (StateFolderFixture) -> VaultError, key: Secret? = nil,
    before: (StateFolderFixture) throws -> Void
  ) async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one"), (.wiki, "two")])
    try before(folder)
    let files = try folder.snapshot()
    await #expect(throws: expected(folder)) { _ = try await folder.open(key: key) }
    #expect(try folder.snapshot() == files)
  }

  @Test("a wrong key fails the start, says so, and changes no file")
  func wrongKey() async throws {
    try await refused(
      { .wrongKey(path: $0.path) }, key: Secret(randomCount: 32), before: { _ in })
  }

  @Test("a key of another length fails the start", arguments: [0, 16, 31, 33])
  func wrongLength(count: Int) async throws {
    try await refused(
      { .wrongKey(path: $0.path) }, key: Secret(randomCount: count), before: { _ in })
  }

  @Test("after a wrong key the right one still opens everything")
  func rightKeyAfterwards() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one")])
    _ = try? await folder.open(key: Secret(randomCount: 32))
    #expect(try await folder.load().texts == [.payroll: "one"])
  }

  @Test("records without their header are no empty vault")
  func headerMissing() async throws {
    try await refused({ .headerMissing(path: "\($0.path)/header") }) { $0.remove("header") }
  }

  @Test("damaged records or leftovers alone are no empty vault either")
  func onlyDamaged() async throws {
    for name in ["session.1000.payroll.record.damaged", "session.1000.payroll.record.new"] {
      try await refused({ .headerMissing(path: "\($0.path)/header") }) { folder in
        for name in folder.names() where name != "lock" { folder.remove(name) }
        try folder.put([1, 2, 3], as: name)
      }
    }
  }

  @Test("a header with any bit flipped fails the start")
  func headerBits() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one")])
    let header = folder.bytes(of: "header")
    for bit in 0..<header.count * 8 {
      var damaged = header
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      try folder.put(damaged, as: "header")
      let files = try folder.snapshot()
      await #expect(
        throws: VaultError.headerDamaged(path: "\(folder.path)/header"), "bit \(bit)"
      ) { _ = try await folder.open() }
      #expect(try folder.snapshot() == files)
    }
    try folder.put(header, as: "header")
    #expect(try await folder.load().texts == [.payroll: "one"])
  }

  @Test("a header that was cut, or is no file, fails the start")
  func headerCut() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([(.payroll, "one")])
    let header = folder.bytes(of: "header")
    let failure = VaultError.headerDamaged(path: "\(folder.path)/header")
    for count in 0..<header.count {
      try folder.put(Array(header.prefix(count)), as: "header")
      await #expect(throws: failure, "\(count) bytes") { _ = try await folder.open() }
    }
    try folder.put(header + [0], as: "header")
    await #expect(throws: failure) { _ = try await folder.open() }
    folder.remove("header")
    #expect(symlink("/etc/passwd", "\(folder.path)/header") == 0)
    await #expect(throws: failure) { _ = try await folder.open() }
  }

  @Test("a header of a newer format is refused and not rewritten")
  func newerHeader() async throws {
    try await refused({ .newerFormat(path: "\($0.path)/header", version: 2) }) { folder in
      try folder.put(Versions.raise(folder.bytes(of: "header")), as: "header")
    }
  }

  @Test("a header whose key is come by in an unknown way is refused and not rewritten")
  func unknownForm() async throws {
    try await refused({ .keyFormUnknown(path: "\($0.path)/header", form: 3) }) { folder in
      var body = try Envelope.unwrap(folder.bytes(of: "header"), magic: "REMEDY-V")
      body[1] = 3
      try folder.put(Envelope.wrap(body, magic: "REMEDY-V"), as: "header")
    }
  }

  @Test("a crash while the first header was written leaves a folder that still starts")
  func halfHeader() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([])
    let header = folder.bytes(of: "header")
    folder.remove("header")
    try folder.put(Array(header.prefix(20)), as: "header.new")
    #expect(try await folder.load().records.isEmpty)
    #expect(folder.names() == ["header", "lock"])
  }

  // MARK: The folder

  @Test("a folder open to other accounts is refused", arguments: [0o755, 0o710, 0o701, 0o770])
  func openFolder(mode: Int) async throws {
    try await refused({ .folderUnsafe(path: $0.path, why: .openMode(UInt32(mode))) }) { folder in
      #expect(chmod(folder.path, mode_t(mode)) == 0)
    }
  }

  @Test("a link or a file in place of the folder is refused")
  func notAFolder() async throws {
    let folder = try StateFolderFixture()
    try await folder.write([])
    let link = "\(folder.root)/link"
    #expect(symlink(folder.path, link) == 0)
    for path in [link, link + "/"] {
      await #expect(throws: VaultError.folderUnsafe(path: link, why: .symbolicLink)) {
        _ = try await Vault.open(directory: path, key: folder.key)
      }
    }
    let file = "\(folder.root)/file"
    try folder.put([], as: file)
    await #expect(throws: VaultError.folderUnsafe(path: file, why: .wrongKind)) {
      _ = try await Vault.open(directory: file, key: folder.key)
    }
  }

  @Test(
    "a folder or a file of another account is refused, by name",
    .enabled(if: geteuid() == 0, "only root can give a file away"))
  func foreignOwner() async throws {
    try await refused({ .folderUnsafe(path: $0.path, why: .foreignOwner(uid: 65534)) }) { folder in
      #expect(chown(folder.path, 65534, 65534) == 0)
    }
    for name in ["header", "session.1000.payroll.record"] {
      let folder = try StateFolderFixture()
      try await folder.write([(.payroll, "one")])
      let path = "\(folder.path)/\(name)"
      #expect(chown(path, 65534, 65534) == 0)
      await #expect(throws: VaultError.folderUnsafe(path: path, why: .foreignOwner(uid: 65534))) {
        _ = try await folder.open()
      }
    }
  }

  @Test("a second opener is refused and told who holds the folder, and changes no file")
  func locked() async throws {
    let folder = try StateFolderFixture()
    let (vault, _) = try await folder.open()
    try await vault.write(Secret("one"), as: .payroll)
    let files = try folder.snapshot()
    let held = VaultError.locked(path: folder.path, byPID: getpid())
    await #expect(throws: held) { _ = try await folder.open() }
    await #expect(throws: held) { _ = try await folder.open(key: Secret(randomCount: 32)) }
    #expect(try folder.snapshot() == files)
    #expect(held.description.contains("pid \(getpid())"))
    #expect(held.description.contains(folder.path))
    try await vault.write(Secret("two"), as: .payroll)
    await vault.close()
    #expect(try await folder.load().texts == [.payroll: "two"])
  }

  @Test("a vault that was closed or refused is free at once, whoever still has its lock file open")
  func freeAtOnce() async throws {
    // As a child process has everything open between fork and exec.
    func inherited(_ folder: StateFolderFixture) -> [Int32] {
      (0..<1024).filter { number in
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(number)", &path, path.count)
        let bytes = path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self) == folder.path + "/lock"
      }.map { fcntl($0, F_DUPFD_CLOEXEC, 100) }
    }
    let folder = try StateFolderFixture()
    let (vault, _) = try await folder.open()
    let copies = inherited(folder)
    #expect(copies.count == 1)
    defer { for copy in copies { close(copy) } }
    await vault.close()
    let (again, _) = try await folder.open()
    await again.close()
    await #expect(throws: VaultError.wrongKey(path: folder.path)) {
      _ = try await folder.open(key: Secret(randomCount: 32))
    }
    let (last, _) = try await folder.open()
    await last.close()
  }

  @Test("of 200 simultaneous starts exactly one runs and 199 name it")
  func simultaneousStarts() async throws {
    let folder = try StateFolderFixture()
    // Whoever held it last is named in the file still, and is nobody now.
    try await folder.write([])
    try folder.put(Array("1 1\n".utf8), as: "lock")
    let outcomes = await withTaskGroup(of: Result<Vault, VaultError>.self) { group in
      for _ in 0..<200 {
        group.addTask {
          do throws(VaultError) {
            return .success(try await folder.open().0)
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var open: [Vault] = []
    for outcome in outcomes {
      switch outcome {
      case .success(let vault): open.append(vault)
      case .failure(let error):
        #expect(error == .locked(path: folder.path, byPID: getpid()))
      }
    }
    #expect(open.count == 1)
    for vault in open { await vault.close() }
  }

  @Test("every error says what happened, where, and what to do")
  func words() {
    let errors: [VaultError] = [
      .keyMissing(path: "/k"), .keyMalformed(path: "/k", count: 3),
      .keyUnsafe(path: "/k", why: .openMode(0o640)), .wrongKey(path: "/k"),
      .needsKey(path: "/k"), .needsPassphrase(path: "/k"), .wrongPassphrase(path: "/k"),
      .costRefused(path: "/k"), .noMemory(path: "/k", bytes: 1 << 30), .sealed(path: "/k"),
      .locked(path: "/k", byPID: nil), .folderUnsafe(path: "/k", why: .foreignOwner(uid: 7)),
      .headerMissing(path: "/k"), .headerDamaged(path: "/k"),
      .newerFormat(path: "/k", version: 9), .keyFormUnknown(path: "/k", form: 9),
      .diskFull(path: "/k"), .readOnly(path: "/k"), .inputOutput(path: "/k", errno: EIO),
    ]
    for error in errors {
      #expect(error.problem.contains("/k"), "\(error)")
      #expect("\(error)" == "\(error.problem); \(error.mend)")
    }
    #expect("\(errors[2])".contains("mode 0640"))
    #expect("\(errors[2])".contains("chmod go= /k"))
  }
}

/// Files of versions to come.
enum Versions {
  /// The same file, of the format after this one, as intact as that format would have it.
  static func raise(_ file: [UInt8]) -> [UInt8] {
    var bytes = Array(file.dropLast(4))
    bytes[11] += 1
    let sum = Checksum.crc32(bytes.span)
    return bytes + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
  }
}

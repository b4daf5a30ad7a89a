// What may stand at the socket's path, and what is done about it: nothing of others is removed,
// followed or replaced (security T5, I5).

import CLinux
import Glibc
import NIOPosix
import Synchronization
import Testing

@testable import LocalSocket

@Suite("The socket's path", .timeLimit(.minutes(1)))
struct SocketPathTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/broker.sock" }
  private static let isRoot = geteuid() == 0

  init() throws {
    folder = try TemporaryFolder()
  }

  @discardableResult
  private func bind(
    _ path: String? = nil, mode: UInt32 = 0o600, makesFolder: Bool = false
  ) throws(SocketFault) -> BoundSocket {
    try BoundSocket(path: path ?? self.path, mode: mode, backlog: 16, makesFolder: makesFolder)
  }

  /// What stands at a path; `nil` for nothing.
  private func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  private func names() -> [String] {
    var names: [String] = []
    guard let stream = opendir(folder.path) else { return [] }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  private func makeFile(_ path: String) {
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
    write(descriptor, "mine", 4)
    close(descriptor)
  }

  /// A socket on which nobody listens any more.
  private func makeStale() throws {
    close(try bind().descriptor)
  }

  /// Tries to bind, and expects this fault and everything left as it was.
  private func refuses(_ fault: SocketFault, sourceLocation: SourceLocation = #_sourceLocation) {
    let before = status(path)
    let namesBefore = names()
    #expect(throws: fault, sourceLocation: sourceLocation) { try bind() }
    let after = status(path)
    #expect(before?.st_ino == after?.st_ino, sourceLocation: sourceLocation)
    #expect(before?.st_mode == after?.st_mode, sourceLocation: sourceLocation)
    #expect(names() == namesBefore, sourceLocation: sourceLocation)
    #expect(fault.description.contains("/"), sourceLocation: sourceLocation)
  }

  @Test(
    "nothing there: bound with its mode, and nothing else left", arguments: [0o600, 0o666, 0o660])
  func nothing(mode: Int) throws {
    let bound = try bind(mode: UInt32(mode))
    #expect(status(path).map { $0.st_mode & S_IFMT } == S_IFSOCK)
    #expect(status(path).map { Int($0.st_mode & 0o7777) } == mode)
    #expect(names() == ["broker.sock"])
    _ = try Caller(path)
    bound.unlink()
    #expect(names() == [])
    close(bound.descriptor)
  }

  @Test("a file stays")
  func file() {
    makeFile(path)
    refuses(.notSocket(path))
  }

  @Test("a dangling symbolic link stays, and nothing appears where it points")
  func danglingLink() {
    symlink(folder.path + "/elsewhere", path)
    refuses(.notSocket(path))
    #expect(status(folder.path + "/elsewhere") == nil)
  }

  @Test("a symbolic link to a file stays, and the file too")
  func linkToFile() {
    let target = folder.path + "/target"
    makeFile(target)
    symlink(target, path)
    refuses(.notSocket(path))
    #expect(status(target)?.st_size == 4)
  }

  @Test("a symbolic link to a folder stays")
  func linkToFolder() {
    symlink("/tmp", path)
    refuses(.notSocket(path))
  }

  @Test("a symbolic link to a socket of ours stays, and the socket too")
  func linkToSocket() throws {
    let other = folder.path + "/other.sock"
    close(try bind(other).descriptor)
    symlink(other, path)
    refuses(.notSocket(path))
    #expect(status(other) != nil)
  }

  @Test("a socket that somebody serves stays: it is in use")
  func live() throws {
    let first = try bind()
    refuses(.inUse(path))
    _ = try Caller(path)
    close(first.descriptor)
  }

  @Test("a socket that somebody serves and whose backlog is full is in use, too")
  func liveAndBusy() throws {
    let first = try BoundSocket(path: path, mode: 0o600, backlog: 0, makesFolder: false)
    let waiting = try Caller(path)
    refuses(.inUse(path))
    _ = waiting
    close(first.descriptor)
  }

  @Test("a deserted socket of ours is replaced")
  func stale() throws {
    try makeStale()
    let bound = try bind()
    #expect(names() == ["broker.sock"])
    _ = try Caller(path)
    close(bound.descriptor)
  }

  @Test(
    "a socket of another uid stays, served or deserted",
    .enabled(if: isRoot, "needs root to make another's socket"), arguments: [true, false])
  func foreign(isServed: Bool) throws {
    let other = try bind()
    if !isServed { close(other.descriptor) }
    chown(path, 54321, 54321)
    refuses(.foreign(path, owner: 54321))
    if isServed { close(other.descriptor) }
  }

  @Test("a pipe stays")
  func pipe() {
    mkfifo(path, 0o600)
    refuses(.notSocket(path))
  }

  @Test("a folder stays")
  func folderInPlace() {
    mkdir(path, 0o700)
    refuses(.notSocket(path))
  }

  @Test(
    "a folder into which others may write is refused", arguments: [0o777, 0o1777, 0o770, 0o702])
  func writableFolder(mode: Int) {
    chmod(folder.path, mode_t(mode))
    refuses(.folderWritableByOthers(folder.path))
    chmod(folder.path, 0o700)
  }

  @Test(
    "a folder of another uid is refused", .enabled(if: isRoot, "needs root to give a folder away"))
  func foreignFolder() {
    chown(folder.path, 54321, 54321)
    refuses(.folderForeign(folder.path, owner: 54321))
    chown(folder.path, 0, 0)
  }

  @Test("a folder behind a symbolic link is refused")
  func linkedFolder() {
    let link = folder.path + "/link"
    symlink(folder.path, link)
    #expect(throws: SocketFault.notFolder(link)) { try bind(link + "/broker.sock") }
    makeFile(folder.path + "/file")
    #expect(throws: SocketFault.notFolder(folder.path + "/file")) {
      try bind(folder.path + "/file/broker.sock")
    }
  }

  @Test("a missing folder is said to be missing, or made for its owner alone where that is asked")
  func missingFolder() throws {
    let inner = folder.path + "/remedy"
    #expect(throws: SocketFault.folderMissing(inner)) { try bind(inner + "/broker.sock") }
    let bound = try bind(inner + "/broker.sock", makesFolder: true)
    #expect(status(inner).map { Int($0.st_mode & 0o777) } == 0o700)
    close(bound.descriptor)
    #expect(throws: SocketFault.folderMissing(folder.path + "/a/b")) {
      try bind(folder.path + "/a/b/broker.sock", makesFolder: true)
    }
  }

  @Test("a path without a name, or longer than a socket address, is refused")
  func unusable() {
    let long = folder.path + "/" + String(repeating: "x", count: 100)
    for path in [folder.path + "/", "", ".", "..", folder.path + "/..", long] {
      #expect(throws: SocketFault.unusablePath(path, limit: 107)) { try bind(path) }
    }
  }

  @Test("at the end the path is removed only if it is still ours")
  func unlinking() throws {
    let bound = try bind()
    unlink(path)
    makeFile(path)
    bound.unlink()
    #expect(status(path)?.st_size == 4)
    close(bound.descriptor)
  }

  @Test("of many that bind at once exactly one does, and it is the one that is served")
  func race() async throws {
    for _ in 0..<20 {
      try makeStale()
      let path = path
      let bound = await withTaskGroup(of: CInt?.self) { group in
        for _ in 0..<4 {
          group.addTask {
            try? BoundSocket(path: path, mode: 0o600, backlog: 4, makesFolder: false).descriptor
          }
        }
        return await group.reduce(into: [CInt]()) { list, descriptor in
          if let descriptor { list.append(descriptor) }
        }
      }
      #expect(bound.count == 1)
      if let descriptor = bound.first {
        let caller = try Caller(path)
        _ = caller
        close(descriptor)
      }
      unlink(path)
      #expect(names() == [])
    }
  }

  @Test("however the path is swapped meanwhile, no file of others is removed")
  func swapped() async throws {
    makeFile(folder.path + "/treasure")
    let inode = try #require(status(folder.path + "/treasure")?.st_ino)
    try makeStale()
    let descriptor = remedy_open_folder(folder.path)
    let isDone = Flag()
    let swapping = Task.detached {
      var swaps = 0
      // Moves that replace nothing: what is gone in the end, `bind` has removed.
      while !isDone.isSet || swaps < 10_000 {
        remedy_rename_without_replacing(descriptor, "broker.sock", "aside")
        remedy_rename_without_replacing(descriptor, "treasure", "broker.sock")
        remedy_rename_without_replacing(descriptor, "broker.sock", "treasure")
        remedy_rename_without_replacing(descriptor, "aside", "broker.sock")
        swaps += 1
      }
    }
    var bound = 0
    for _ in 0..<2000 {
      if let socket = try? bind() {
        bound += 1
        close(socket.descriptor)
      }
    }
    isDone.set()
    await swapping.value
    close(descriptor)
    #expect(bound > 0)
    #expect(names().contains { status(folder.path + "/" + $0)?.st_ino == inode })
  }

  @Test("what is handed over must listen on a Unix stream socket")
  func adopting() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let service = EchoService()
    let server = SocketServer(service: service, eventLoop: group.next())
    let file = open("/dev/null", O_RDONLY)
    let network = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let silent = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let unfit: [CInt] = [-1, file, network, silent]
    for descriptor in unfit {
      await #expect(throws: SocketFault.notListening(descriptor: descriptor)) {
        try await server.adopt(descriptor: descriptor)
      }
    }
    for descriptor in unfit.dropFirst() { close(descriptor) }

    let bound = try bind()
    try await server.adopt(descriptor: bound.descriptor)
    #expect(try Caller(path).isUsable())
    server.shutdown()
    await server.run()
    #expect(status(path) != nil, "the path of a socket that was handed over is not ours to remove")
    try await group.shutdownGracefully()
  }
}

/// A flag between two threads.
private final class Flag: Sendable {
  private let value = Mutex(false)
  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }
}

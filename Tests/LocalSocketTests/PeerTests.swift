// Who calls: real credentials of real processes, and what happens to a caller who has none.

import Glibc
import JSON
import JSONRPC
import Testing

@testable import LocalSocket

@Suite("The peer", .timeLimit(.minutes(1)))
struct PeerTests {
  /// Starts a program with its output in a pipe, waits for it, and gives what it wrote.
  private func run(_ arguments: [String]) throws -> String {
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var pid: pid_t = 0
    let status = posix_spawnp(&pid, arguments[0], &actions, nil, &pointers, environ)
    for pointer in pointers { free(pointer) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    defer { close(ends[0]) }
    try #require(status == 0, "\(arguments[0]): errno \(status)")
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = read(ends[0], &chunk, chunk.count), count > 0 {
      text += chunk.prefix(count)
    }
    var exit: CInt = 0
    waitpid(pid, &exit, 0)
    return String(decoding: text, as: UTF8.self)
  }

  private static let script = """
    import socket, sys
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    try: s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"echo"}\\n')
    except BrokenPipeError: pass  # refused and closed already: the answer is there to read
    s.settimeout(10)
    data = b""
    while not data.endswith(b"\\n"):
        more = s.recv(65536)
        if not more: break
        data += more
    print(data.decode(), end="")
    """

  private static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    access($0, X_OK) == 0
  }

  private static let canChangeUser =
    geteuid() == 0 && python != nil && access("/usr/bin/setpriv", X_OK) == 0

  /// The answer that a caller of another uid gets.
  private func call(_ path: String, uid: Int, groups: [Int]) throws -> JSONValue {
    let list = groups.map { String($0) }.joined(separator: ",")
    let output = try run([
      "/usr/bin/setpriv", "--reuid=\(uid)", "--regid=\(uid)",
      groups.isEmpty ? "--clear-groups" : "--groups=\(list)", Self.python ?? "python3", "-c",
      Self.script, path,
    ])
    return try JSONParser.parse(output)
  }

  @Test("the kernel's word is what the service sees: pid, uid, groups of the caller")
  func ownCredentials() async throws {
    try await withServer { path, service in
      let caller = try Caller(path)
      #expect(try caller.isUsable())
      var groups = [gid_t](repeating: 0, count: 256)
      let count = Int(getgroups(256, &groups))
      let peer = try #require(service.state.withLock { $0.admitted.first })
      #expect(peer.pid == getpid())
      #expect(peer.uid == geteuid())
      #expect(peer.gid == getegid())
      #expect(peer.groups.sorted() == groups.prefix(count).sorted())
    }
  }

  @Test(
    "another uid is seen as that uid, with its groups",
    .enabled(if: canChangeUser, "needs root, setpriv and python3 to call as somebody else"))
  func otherUser() async throws {
    try await withServer(mode: 0o666) { path, service in
      let answer = try call(path, uid: 54321, groups: [54321, 54322, 54400])
      #expect(answer["result"] == [:])
      let peer = try #require(service.state.withLock { $0.admitted.first })
      #expect(peer.uid == 54321)
      #expect(peer.gid == 54321)
      #expect(peer.groups.sorted() == [54321, 54322, 54400])
      #expect(peer.pid != getpid())
    }
  }

  @Test(
    "sixty groups are all seen",
    .enabled(if: canChangeUser, "needs root, setpriv and python3 to call as somebody else"))
  func manyGroups() async throws {
    try await withServer(mode: 0o666) { path, service in
      let groups = Array(60001...60060)
      _ = try call(path, uid: 54321, groups: groups)
      #expect(
        service.state.withLock { $0.admitted.first?.groups.sorted() } == groups.map { UInt32($0) })
    }
  }

  @Test(
    "the overflow uid is refused: it may be anybody",
    .enabled(if: canChangeUser, "needs root, setpriv and python3 to call as somebody else"))
  func overflowUser() async throws {
    try await withServer(mode: 0o666) { path, service in
      let answer = try call(path, uid: 65534, groups: [])
      #expect(answer["error"]?["code"] == -32002)
      #expect(answer["id"] == .null)
      #expect(service.state.withLock { $0.admitted.isEmpty })
    }
  }

  @Test(
    "the socket's mode keeps others out before anything else does",
    .enabled(if: canChangeUser, "needs root, setpriv and python3 to call as somebody else"))
  func mode() async throws {
    try await withServer { path, service in
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      #expect(throws: (any Error).self) { try call(path, uid: 54321, groups: []) }
      #expect(service.state.withLock { $0.admitted.isEmpty })
    }
  }

  @Test("a caller whose credentials cannot be read is served nothing")
  func unreadable() async throws {
    try await withServer(readPeer: { _ in nil }) { path, service in
      for _ in 0..<20 {
        let caller = try Caller(path)
        caller.request("held")
        #expect(try caller.answer()?["error"]?["data"]?["reason"] == "access_denied")
        #expect(try caller.answer() == nil)
      }
      #expect(service.state.withLock { $0.admitted.isEmpty && $0.connections.isEmpty })
    }
  }

  @Test("pid 0, the overflow uid and absent ids name nobody")
  func nobody() {
    let peer = PeerCredentials(pid: 7, uid: 1000, gid: 1000, groups: [])
    #expect(peer.isIdentified)
    #expect(PeerCredentials(pid: 7, uid: 0, gid: 0, groups: []).isIdentified)
    for nobody in [
      PeerCredentials(pid: 0, uid: 1000, gid: 1000, groups: []),
      PeerCredentials(pid: -1, uid: 1000, gid: 1000, groups: []),
      PeerCredentials(pid: 7, uid: 65534, gid: 1000, groups: []),
      PeerCredentials(pid: 7, uid: .max, gid: 1000, groups: []),
      PeerCredentials(pid: 7, uid: 1000, gid: .max, groups: []),
    ] {
      #expect(!nobody.isIdentified, "\(nobody)")
    }
  }

  @Test("a descriptor that names no peer gives no credentials, and not root's")
  func noPeer() throws {
    #expect(PeerCredentials.read(from: -1) == nil)
    let file = open("/dev/null", O_RDONLY)
    defer { close(file) }
    #expect(PeerCredentials.read(from: file) == nil)
    let network = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(network) }
    #expect(PeerCredentials.read(from: network)?.isIdentified != true)
  }

  @Test("a peer that may not come in gets the service's word, before anything is read")
  func refused() async throws {
    let service = EchoService()
    service.state.withLock {
      $0.refusal = RPCError(code: -32012, message: "full", data: ["reason": "quota_exceeded"])
    }
    try await withServer(service) { path, service in
      let before = openDescriptors()
      for _ in 0..<1000 {
        let caller = try Caller(path)
        #expect(try caller.answer()?["error"]?["data"]?["reason"] == "quota_exceeded")
        #expect(try caller.answer() == nil)
      }
      #expect(openDescriptors() < before + 900)
      service.state.withLock { $0.refusal = nil }
      let caller = try Caller(path)
      #expect(try caller.isUsable())
      #expect(service.state.withLock { $0.connections.count } == 1)
    }
  }

  @Test("executable and unit are read of the process that connected")
  func facts() async throws {
    try await withServer { path, service in
      let caller = try Caller(path)
      let before = openDescriptors("pidfd")
      for _ in 0..<100 {
        caller.request("facts")
        #expect(try caller.answer()?["result"] == [:])
      }
      let facts = try #require(service.state.withLock { $0.facts })
      var link = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/exe", &link, link.count)
      #expect(facts.exe?.utf8.count == count)
      #expect(openDescriptors("pidfd") < before + 50, "they are closed again")
    }
  }

  @Test(
    "of a process that has ended nothing is said, with and without the kernel's own descriptor",
    arguments: [true, false])
  func endedProcess(asksSocket: Bool) throws {
    // A socket that a child made: the child ends and leaves it to us.
    var pair: [CInt] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    defer { pair.forEach { close($0) } }
    let own = PeerCredentials(pid: getpid(), uid: geteuid(), gid: getegid(), groups: [])
    let alive = PeerProcess(
      socket: pair[0], peer: own, acceptedAt: .max, asksSocket: asksSocket)
    #expect(alive?.facts()?.exe != nil)

    var child: pid_t = 0
    var pointers = [strdup("/bin/true"), nil]
    defer { pointers.forEach { free($0) } }
    try #require(posix_spawn(&child, "/bin/true", nil, nil, &pointers, environ) == 0)
    let peer = PeerCredentials(pid: child, uid: 0, gid: 0, groups: [])
    let gone = PeerProcess(socket: -1, peer: peer, acceptedAt: .max, asksSocket: false)
    waitpid(child, nil, 0)
    #expect(gone?.facts() == nil)
    #expect(
      PeerProcess(socket: -1, peer: peer, acceptedAt: .max, asksSocket: false) == nil)
  }

  @Test("a process that began after the connection is not the one that made it")
  func reusedPID() {
    let own = PeerCredentials(pid: getpid(), uid: geteuid(), gid: getegid(), groups: [])
    #expect(PeerProcess(socket: -1, peer: own, acceptedAt: 1, asksSocket: false) == nil)
  }

  @Test(
    "descriptors that a caller sends along are closed unread",
    .enabled(if: python != nil, "needs python3 to send descriptors"))
  func passedDescriptors() async throws {
    let script = """
      import array, socket, sys
      s = socket.socket(socket.AF_UNIX)
      s.connect(sys.argv[1])
      for i in range(100):
          s.sendmsg([b'\\n'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0] * 100))])
      s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"echo"}\\n')
      s.settimeout(10)
      print(s.recv(65536).decode(), end="")
      """
    try await withServer { path, service in
      let holder = try Caller(path)
      #expect(try holder.isUsable())
      let before = openDescriptors()
      let output = try run([Self.python ?? "python3", "-c", script, path])
      #expect(try JSONParser.parse(output)["result"] == [:])
      #expect(try holder.isUsable())
      #expect(openDescriptors() < before + 900)
    }
  }

  @Test(
    "the unit is the system manager's, whatever a user calls what runs below",
    arguments: [
      ("0::/system.slice/ci.service\n", "ci.service", nil),
      ("0::/system.slice/a-b.slice/x@1.service/sub/ci.service\n", "x@1.service", nil),
      (
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/ci.service\n",
        "user@1000.service", "ci.service"
      ),
      (
        "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "user@1000.service",
        "init.scope"
      ),
      ("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", nil),
      ("0::/\n", nil, nil), ("", nil, nil), ("0::/docker/abc\n", nil, nil),
      ("0::/../../x.service\n", nil, nil), ("0::/.service\n", nil, nil),
      (
        "12:pids:/other.service\n1:name=systemd:/system.slice/old.service\n0::/\n", "old.service",
        nil
      ),
      ("0::/system.slice/_cgroup.service\n", "cgroup.service", nil),
    ] as [(String, String?, String?)])
  func units(text: String, unit: String?, userUnit: String?) {
    let group = ControlGroup(procText: text)
    #expect(group.unit == unit)
    #expect(group.userUnit == userUnit)
  }
}
